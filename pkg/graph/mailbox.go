package graph

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/transfer"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// box is one user's mailbox.
type box struct {
	client  *Client
	gate    *pace.Gate
	account mailbox.Account
	imports *transfer.Box

	mu         sync.Mutex
	exchangeID string // by which export and import know the mailbox; see exchange
	average    int    // bytes of the streams exported last
}

var _ mailbox.Mailbox = (*box)(nil)

// Open asks the mailbox for its purpose, which shows whether it exists. Where
// the app may not read that, a look at the contacts shows it; Purpose is then
// PurposeUnknown.
func (c *Client) Open(ctx context.Context, account mailbox.Account) (mailbox.Mailbox, error) {
	b := &box{client: c, gate: c.gate(account.ID), account: account}
	b.imports = transfer.New(asker{b}, c.door, b.gate, c.now, account.ID)
	settings, err := one[struct {
		Purpose string `json:"userPurpose"`
	}](ctx, b.ask(b.user().MailboxSettings().ToGetRequestInformation(ctx, nil)))
	if answered(err, http.StatusForbidden) {
		probe := b.user().ContactFolders().ByContactFolderId(defaultFolder).ToGetRequestInformation
		_, err = b.ask(probe(ctx, nil)).selecting("id").object(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open the mailbox: %w", err)
	}
	b.account.Purpose = cmp.Or(settings.Purpose, mailbox.PurposeUnknown)
	return b, nil
}

// Account returns whose mailbox it is.
func (b *box) Account() mailbox.Account { return b.account }

func (b *box) user() *users.UserItemRequestBuilder {
	return b.client.users().ByUserId(b.account.ID)
}

// ask begins a call to this mailbox, through its gate.
func (b *box) ask(info *abstractions.RequestInformation, err error) *call {
	return &call{client: b.client, gate: b.gate, info: info, err: err}
}
