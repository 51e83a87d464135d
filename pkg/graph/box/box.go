// Package box is one mailbox behind Graph: what package mailbox asks of a
// mailbox, said in Graph's words.
//
// It promises what package mailbox promises. It refuses to write what lies in a
// closed folder, and to repeat what creates.
package box

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoftgraph/msgraph-sdk-go/users"

	"github.com/riva-prep/riva-prep/pkg/graph/ask"
	"github.com/riva-prep/riva-prep/pkg/graph/pace"
	"github.com/riva-prep/riva-prep/pkg/graph/property"
	"github.com/riva-prep/riva-prep/pkg/graph/signin"
	"github.com/riva-prep/riva-prep/pkg/graph/stream"
	"github.com/riva-prep/riva-prep/pkg/graph/transfer"
	"github.com/riva-prep/riva-prep/pkg/graph/upload"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// Service is what the mailboxes of a tenant share.
type Service struct {
	Calls  *ask.Client
	Door   *upload.Door
	Cloud  signin.Cloud
	Wanted property.Wanted
	Now    func() time.Time
}

// box is one user's mailbox.
type box struct {
	Service
	gate    *pace.Gate
	account mailbox.Account
	imports *transfer.Box
	streams stream.Exporter

	mu         sync.Mutex
	exchangeID string // by which export and import know the mailbox; see exchange
}

var _ mailbox.Mailbox = (*box)(nil)

// Open asks the mailbox for its purpose, which shows whether it exists. Where
// the app may not read that, a look at the contacts shows it; Purpose is then
// PurposeUnknown.
func (s Service) Open(ctx context.Context, gate *pace.Gate, account mailbox.Account) (mailbox.Mailbox, error) {
	b := s.at(gate, account)
	settings, err := ask.One[struct {
		Purpose string `json:"userPurpose"`
	}](ctx, b.ask(b.user().MailboxSettings().ToGetRequestInformation(ctx, nil)))
	if ask.Answered(err, http.StatusForbidden) {
		probe := b.user().ContactFolders().ByContactFolderId(defaultFolder).ToGetRequestInformation
		_, err = b.ask(probe(ctx, nil)).Selecting("id").Object(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open the mailbox: %w", err)
	}
	b.account.Purpose = cmp.Or(settings.Purpose, mailbox.PurposeUnknown)
	return b, nil
}

// At is Open without asking anything.
func (s Service) At(gate *pace.Gate, account mailbox.Account) mailbox.Mailbox {
	return s.at(gate, account)
}

func (s Service) at(gate *pace.Gate, account mailbox.Account) *box {
	b := &box{Service: s, gate: gate, account: account}
	b.imports = transfer.New(asker{b}, s.Door, gate, s.Now)
	b.streams.Ask = b.export
	return b
}

// Account returns whose mailbox it is.
func (b *box) Account() mailbox.Account { return b.account }

func (b *box) user() *users.UserItemRequestBuilder {
	return b.Calls.Users().ByUserId(b.account.ID)
}

// ask begins a call to this mailbox, through its gate.
func (b *box) ask(info *abstractions.RequestInformation, err error) *ask.Call {
	return b.Calls.Begin(b.gate, info, err)
}

// template begins a call that the SDK has no builder for, or makes hard.
func (b *box) template(path string, variables ...string) *ask.Call {
	return b.Calls.Template(b.gate, path, variables...)
}
