package graph

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/google/uuid"
	abstractions "github.com/microsoft/kiota-abstractions-go"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
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

// DeletesPermanently says whether the cloud has permanentDelete.
func (c *Client) DeletesPermanently() bool { return c.boxes.Cloud.DeletesPermanently() }

// Tenant reads the organization that the token is for.
func (c *Client) Tenant(ctx context.Context) (mailbox.Tenant, error) {
	tenants, err := ask.Collect[mailbox.Tenant](ctx, c.template("organization").Selecting("id", "displayName"))
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
		found, err := ask.One[user](ctx, c.ask(c.boxes.Calls.Users().ByUserId(name).ToGetRequestInformation(ctx, nil)).Selecting(userFields()...))
		if err == nil {
			return found.account(), nil
		}
		if !ask.Answered(err, http.StatusNotFound) {
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
		query := c.ask(c.boxes.Calls.Users().ToGetRequestInformation(ctx, nil)).Selecting(userFields()...).Filtering(filter)
		found, err := ask.Collect[user](ctx, query)
		switch {
		case ask.Answered(err, http.StatusBadRequest):
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

// quote makes a text literal of OData.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Users reads every user account of the tenant.
func (c *Client) Users(ctx context.Context) ([]mailbox.Account, error) {
	return c.accounts(ctx, "list the users",
		c.ask(c.boxes.Calls.Users().ToGetRequestInformation(ctx, nil)).Selecting(userFields()...).Top(directoryPage))
}

// Members reads the users in a group, those of nested groups included.
func (c *Client) Members(ctx context.Context, group string) ([]mailbox.Account, error) {
	id, err := c.groupID(ctx, strings.TrimSpace(group))
	if err != nil {
		return nil, fmt.Errorf("find a group: %w", err)
	}
	members := c.template("groups/{group}/transitiveMembers/microsoft.graph.user", "group", id)
	// A cast is an advanced query (Graph docs, aad-advanced-queries).
	members.Header("ConsistencyLevel", "eventual")
	return c.accounts(ctx, "list a group's members", members.Option("count", true).Selecting(userFields()...).Top(directoryPage))
}

func (c *Client) accounts(ctx context.Context, what string, query *ask.Call) ([]mailbox.Account, error) {
	found, err := ask.Collect[user](ctx, query)
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
		found, err := ask.One[group](ctx, c.template("groups/{group}", "group", name).Selecting("id"))
		if ask.Answered(err, http.StatusNotFound) {
			return "", fmt.Errorf("%w: no group has that id", mailbox.ErrNotFound)
		}
		return found.ID, err
	}
	if name == "" {
		return "", fmt.Errorf("%w: the name is empty", mailbox.ErrNotFound)
	}
	filter := fmt.Sprintf("mail eq %[1]s or displayName eq %[1]s", quote(name))
	found, err := ask.Collect[group](ctx, c.template("groups").Selecting("id", "displayName", "mail").Filtering(filter))
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

// Open reaches the account's mailbox.
func (c *Client) Open(ctx context.Context, account mailbox.Account) (mailbox.Mailbox, error) {
	return c.boxes.Open(ctx, c.gate(account.ID), account)
}

// At gives the account's mailbox without asking whether it is there.
func (c *Client) At(account mailbox.Account) mailbox.Mailbox {
	return c.boxes.At(c.gate(account.ID), account)
}

// ask begins a call to the directory, through its gate.
func (c *Client) ask(info *abstractions.RequestInformation, err error) *ask.Call {
	return c.boxes.Calls.Begin(c.gate(""), info, err)
}

// template begins one that the SDK has no builder for.
func (c *Client) template(path string, variables ...string) *ask.Call {
	return c.boxes.Calls.Template(c.gate(""), path, variables...)
}
