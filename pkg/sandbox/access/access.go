// Package access decides whether a request may reach what it asks for at all:
// whether the application has the role, the cloud has the service, and the
// mailbox can be reached.
//
// It promises the answers that Graph gives in each case, which differ by
// service: To Do tells a missing role by 401, Exchange by 403. It looks at who
// asks for what and never into a mailbox. It refuses no path for being unknown;
// whoever serves the path does.
package access

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// Control keeps the door. The zero value of Cloud is the global one.
type Control struct {
	Cloud Cloud
	// Since is when the sandbox was started; moving mailboxes arrive after it.
	Since time.Time
	Now   func() time.Time

	mu    sync.Mutex
	asked map[string]int // requests to mailboxes that are not there, by user
}

// Check refuses a request that may not reach what it asks for.
func (c *Control) Check(r *wire.Request) error {
	if err := c.Cloud.check(r); err != nil {
		return err
	}
	return checkRoles(r)
}

// The messages of Graph and Exchange, the last two observed in the field.
const (
	notDiscovered = "Resource could not be discovered."
	notEnabled    = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
	outOfScope    = "Access to OData is disabled."
	moveMessage   = "The mailbox is being moved. Try again later."
	quotaMessage  = "The mailbox has exceeded its storage quota."
)

// Mailbox refuses a request to a mailbox that cannot be reached, or cannot be
// reached so; path is what lies below the user.
func (c *Control) Mailbox(r *wire.Request, m *tenant.Mailbox, path []string) error {
	state, moves := m.State()
	switch {
	case !m.Enabled, state == tenant.OnPremises:
		return c.absent(m)
	case state == tenant.Inactive:
		return &wire.Fail{Status: http.StatusNotFound, Code: "MailboxNotEnabledForRESTAPI", Message: notEnabled}
	case state == tenant.OutOfScope && confined(path):
		return &wire.Fail{Status: http.StatusForbidden, Code: "ErrorAccessDenied", Message: outOfScope}
	case state == tenant.Moving && c.Now().Sub(c.Since) < moves:
		return &wire.Fail{Status: http.StatusServiceUnavailable, Code: "ErrorMailboxMoveInProgress", Message: moveMessage}
	case state == tenant.OverQuota && grows(r, path):
		return &wire.Fail{Status: http.StatusForbidden, Code: "ErrorQuotaExceeded", Message: quotaMessage}
	}
	return nil
}

// absent answers for a user without a mailbox in the cloud, by turns with the
// two codes between which Graph flips (observed in the field).
func (c *Control) absent(m *tenant.Mailbox) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked == nil {
		c.asked = map[string]int{}
	}
	c.asked[m.ID]++
	if c.asked[m.ID]%2 == 1 {
		return &wire.Fail{Status: http.StatusNotFound, Code: "MailboxNotEnabledForRESTAPI", Message: notEnabled}
	}
	return &wire.Fail{Status: http.StatusNotFound, Code: "ResourceNotFound", Message: notDiscovered}
}

// confined tells whether access policies hold below the path: they know nothing
// of To Do (Graph docs, auth-limit-mailbox-access).
func confined(path []string) bool { return !strings.EqualFold(path[0], "todo") }

// grows tells whether a request needs room in the mailbox: what creates does,
// and a delta does, whose state Exchange keeps there (observed in the field).
func grows(r *wire.Request, path []string) bool {
	last := path[len(path)-1]
	return r.Method == http.MethodPost && !strings.EqualFold(last, "permanentDelete") || strings.EqualFold(last, "delta")
}
