package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/riva-prep/riva-prep/pkg/graph/wire"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// directoryPage is the largest page that the directory serves.
const directoryPage = 999

// user lists the members of a directory user that are read.
type user struct {
	ID          string `json:"id"`
	UPN         string `json:"userPrincipalName"`
	Mail        string `json:"mail"`
	DisplayName string `json:"displayName"`
}

// userFields selects them.
func userFields() []string { return []string{"id", "userPrincipalName", "mail", "displayName"} }

func (u user) account() mailbox.Account {
	return mailbox.Account{ID: u.ID, UPN: u.UPN, Address: u.Mail, DisplayName: u.DisplayName}
}

// Tenant reads the organization that the token is for.
func (c *Client) Tenant(ctx context.Context) (mailbox.Tenant, error) {
	tenants, err := collect[mailbox.Tenant](ctx, c.template("organization").selecting("id", "displayName"))
	if err != nil {
		return mailbox.Tenant{}, fmt.Errorf("read the tenant: %w", err)
	}
	if len(tenants) != 1 {
		return mailbox.Tenant{}, fmt.Errorf("read the tenant: %w: %d organizations", mailbox.ErrIncomplete, len(tenants))
	}
	return tenants[0], nil
}

// Find reads one user by object id or user principal name, else by primary or
// other address.
func (c *Client) Find(ctx context.Context, name string) (mailbox.Account, error) {
	name = strings.TrimSpace(name)
	if name == "" {
		return mailbox.Account{}, fmt.Errorf("find a user: %w: the name is empty", mailbox.ErrNotFound)
	}
	// A user principal name that begins with a dollar sign cannot be a segment
	// of a path (Graph docs, user-get).
	if !strings.HasPrefix(name, "$") {
		found, err := one[user](ctx, c.ask(c.users().ByUserId(name).ToGetRequestInformation(ctx, nil)).selecting(userFields()...))
		if err == nil {
			return found.account(), nil
		}
		if !answered(err, http.StatusNotFound) {
			return mailbox.Account{}, fmt.Errorf("find a user: %w", err)
		}
	}
	return c.findByAddress(ctx, name)
}

// findByAddress searches by primary address, then by any other.
func (c *Client) findByAddress(ctx context.Context, name string) (mailbox.Account, error) {
	if !strings.Contains(name, "@") {
		return mailbox.Account{}, fmt.Errorf("find a user: %w: give an object id, a user principal name or an address", mailbox.ErrNotFound)
	}
	filters := []string{"mail eq " + quote(name), "proxyAddresses/any(p:p eq " + quote("smtp:"+name) + ")"}
	if strings.HasPrefix(name, "$") {
		filters = append(filters, "userPrincipalName eq "+quote(name))
	}
	for _, filter := range filters {
		query := c.ask(c.users().ToGetRequestInformation(ctx, nil)).selecting(userFields()...).filtering(filter)
		found, err := collect[user](ctx, query)
		switch {
		case answered(err, http.StatusBadRequest):
			continue // a property that this directory does not search by
		case err != nil:
			return mailbox.Account{}, fmt.Errorf("find a user by address: %w", err)
		case len(found) > 1:
			return mailbox.Account{}, fmt.Errorf("find a user: %d accounts have that address: use the object id", len(found))
		case len(found) == 1:
			return found[0].account(), nil
		}
	}
	return mailbox.Account{}, fmt.Errorf("find a user: %w: no account has that name or address", mailbox.ErrNotFound)
}

// answered says whether the service answered with the status.
func answered(err error, status int) bool {
	fault, ok := errors.AsType[*wire.Fault](err)
	return ok && fault.Status == status
}

// quote makes a text literal of OData.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Users reads every user account of the tenant.
func (c *Client) Users(ctx context.Context) ([]mailbox.Account, error) {
	return c.accounts(ctx, "list the users",
		c.ask(c.users().ToGetRequestInformation(ctx, nil)).selecting(userFields()...).top(directoryPage))
}

// Members reads the users in a group, those of nested groups included.
func (c *Client) Members(ctx context.Context, group string) ([]mailbox.Account, error) {
	id, err := c.groupID(ctx, strings.TrimSpace(group))
	if err != nil {
		return nil, fmt.Errorf("find a group: %w", err)
	}
	members := c.template("groups/{group}/transitiveMembers/microsoft.graph.user", "group", id)
	// A cast is an advanced query (Graph docs, aad-advanced-queries).
	members.info.Headers.Add("ConsistencyLevel", "eventual")
	return c.accounts(ctx, "list a group's members", members.option("count", true).selecting(userFields()...).top(directoryPage))
}

func (c *Client) accounts(ctx context.Context, what string, query *call) ([]mailbox.Account, error) {
	found, err := collect[user](ctx, query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	accounts := make([]mailbox.Account, len(found))
	for i, u := range found {
		accounts[i] = u.account()
	}
	return accounts, nil
}

// groupID finds the one group of that id, address or display name.
func (c *Client) groupID(ctx context.Context, name string) (string, error) {
	type group struct {
		ID string `json:"id"`
	}
	if uuid.Validate(name) == nil {
		found, err := one[group](ctx, c.template("groups/{group}", "group", name).selecting("id"))
		if answered(err, http.StatusNotFound) {
			return "", fmt.Errorf("%w: no group has that id", mailbox.ErrNotFound)
		}
		return found.ID, err
	}
	if name == "" {
		return "", fmt.Errorf("%w: the name is empty", mailbox.ErrNotFound)
	}
	filter := fmt.Sprintf("mail eq %[1]s or displayName eq %[1]s", quote(name))
	found, err := collect[group](ctx, c.template("groups").selecting("id", "displayName", "mail").filtering(filter))
	switch {
	case err != nil:
		return "", err
	case len(found) == 0:
		return "", fmt.Errorf("%w: no group has that address or display name", mailbox.ErrNotFound)
	case len(found) > 1:
		return "", fmt.Errorf("%d groups have that name: use the object id", len(found))
	}
	return found[0].ID, nil
}
