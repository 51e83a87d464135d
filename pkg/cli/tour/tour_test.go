package tour_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/cli/tour"
	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/sandbox/demo"
	"github.com/riva-prep/riva-prep/pkg/sandbox/rawjson"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

func options(t *testing.T, tn *tenant.Tenant, out io.Writer) tour.Options {
	t.Helper()
	return tour.Options{
		Tenant: tn, Store: t.TempDir(), Out: out, Table: report.Options{Format: report.Table, Width: 100, Rows: 12},
		Tool: "test", Holder: durable.Holder{Who: "test"}, Now: time.Now,
	}
}

// small is the demo tenant with its first two mailboxes only, for what is not
// about all of them.
func small(t *testing.T) *tenant.Tenant {
	t.Helper()
	file, err := rawjson.Parse(demo.File())
	if err != nil {
		t.Fatal(err)
	}
	users := file.Objects("users")
	tn, err := tenant.Load(bytes.NewReader(file.Set("users", users[:2]).Set("groups", []string{})))
	if err != nil {
		t.Fatal(err)
	}
	return tn
}

// whole is the demo tenant. Under the race detector it is small: a script plays
// all of it there.
func whole(t *testing.T) *tenant.Tenant {
	t.Helper()
	if race.Detector {
		return small(t)
	}
	return demo.Tenant()
}

// eachItem visits what lies in the mailboxes of the tenant. Other people's
// calendars lie in their owners' mailboxes and in those of their readers.
func eachItem(t *testing.T, tn *tenant.Tenant, visit func(*tenant.Mailbox, tenant.Item)) {
	t.Helper()
	for _, m := range tn.Mailboxes() {
		if !m.Enabled {
			continue
		}
		for _, kind := range []tenant.Kind{tenant.Contacts, tenant.Events, tenant.Tasks} {
			for _, folder := range m.Folders(kind) {
				items, _, err := m.Page(kind, folder.ID, 0, 100_000, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, it := range items {
					visit(m, it)
				}
			}
		}
	}
}

// count counts all items, and those that carry a category, however it is
// written.
func count(t *testing.T, tn *tenant.Tenant, category string) (all, marked int) {
	t.Helper()
	eachItem(t, tn, func(_ *tenant.Mailbox, it tenant.Item) {
		all++
		same := func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), category) }
		if slices.ContainsFunc(it.Body.Texts("categories"), same) {
			marked++
		}
	})
	return all, marked
}

// figures reads the numbers of every line that matches.
func figures(t *testing.T, story, pattern string, lines int) [][]int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(story, -1)
	if len(found) != lines {
		t.Fatalf("%q is told %d times, not %d, in:\n%s", pattern, len(found), lines, story)
	}
	var all [][]int
	for _, m := range found {
		var numbers []int
		for _, digits := range m[1:] {
			n, err := strconv.Atoi(digits)
			if err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, n)
		}
		all = append(all, numbers)
	}
	return all
}

// What the tour tells is what happened in the tenant.
func TestFiguresAreTheTenants(t *testing.T) {
	t.Parallel()
	tn := whole(t)
	before, marked := count(t, tn, "Sync with Salesforce")
	var out bytes.Buffer
	o := options(t, tn, &out)
	if err := tour.Run(t.Context(), o); err != nil {
		t.Fatalf("%v after:\n%s", err, &out)
	}
	story := out.String()
	after, left := count(t, tn, "Sync with Salesforce")
	_, tagged := count(t, tn, "Personal")
	steps := figures(t, story, `(\d+) of (\d+) steps done, 0 skipped, 0 refused`, 2)
	for _, s := range steps {
		if s[0] == 0 || s[0] != s[1] {
			t.Errorf("%d of %d steps are done", s[0], s[1])
		}
	}
	if deleted := before - after; deleted != steps[0][0] || deleted != marked-left {
		t.Errorf("%d items are gone, %d of them marked; told are %d", deleted, marked-left, steps[0][0])
	}
	if tagged < steps[1][0] {
		t.Errorf("%d items are tagged, told are %d", tagged, steps[1][0])
	}
	backup := figures(t, story, `(\d+) items of (\d+) mailboxes were written`, 1)[0]
	planned := figures(t, story, `(\d+) of (\d+) items carry`, 1)[0]
	if backup[0] != before || planned[0] != steps[0][0] || planned[1] != before {
		t.Errorf("%d items were there, %d backed up, %d looked at", before, backup[0], planned[1])
	}
	end := figures(t, story, `(\d+) changes were made\. (\d+) items remain, (\d+) of them still carry "Sync with Salesforce": the (\d+) that are held`, 1)[0]
	if end[0] != steps[0][0]+steps[1][0] || end[1] != after || end[2] != left || end[3] != left || left == 0 {
		t.Errorf("told at the end: %d; there are %d items, %d marked", end, after, left)
	}
	if mails := len(tn.Outbox()); mails != 0 {
		t.Errorf("%d mails were sent", mails)
	}
	for _, name := range []string{"purge.html", "tag-personal.html", "snapshots", "runs"} {
		if _, err := os.Stat(filepath.Join(o.Store, name)); err != nil {
			t.Error(err)
		}
	}
}

// plantMail deletes an organizer's meeting, so that its attendees are mailed.
func plantMail(t *testing.T, tn *tenant.Tenant) {
	t.Helper()
	tn.Play(tenant.Facts{}, time.Now)
	type meeting struct {
		of *tenant.Mailbox
		it tenant.Item
	}
	var meetings []meeting
	eachItem(t, tn, func(m *tenant.Mailbox, it tenant.Item) {
		if it.Kind == tenant.Events && it.Body.Bool("isOrganizer", false) && len(it.Body.Objects("attendees")) > 0 {
			meetings = append(meetings, meeting{m, it})
		}
	})
	for _, m := range meetings {
		if err := m.of.Delete(tenant.Events, "", m.it.ID, "", false); err == nil && len(tn.Outbox()) > 0 {
			return
		}
	}
	t.Fatalf("none of %d meetings mailed anybody", len(meetings))
}

func TestMailInTheOutboxIsAnError(t *testing.T) {
	t.Parallel()
	tn := small(t)
	plantMail(t, tn)
	var out bytes.Buffer
	err := tour.Run(t.Context(), options(t, tn, &out))
	if !errors.Is(err, tour.ErrFigures) || !strings.Contains(err.Error(), strconv.Itoa(len(tn.Outbox()))+" mails") {
		t.Errorf("got %v", err)
	}
}

// meddler changes the tenant as soon as a line with its text is told.
type meddler struct {
	bytes.Buffer
	text   string
	meddle func()
}

func (m *meddler) Write(p []byte) (int, error) {
	if m.meddle != nil && strings.Contains(string(p), m.text) {
		m.meddle()
		m.meddle = nil
	}
	return m.Buffer.Write(p)
}

func addMarked(t *testing.T, tn *tenant.Tenant) {
	t.Helper()
	m := tn.Mailboxes()[0]
	folder, err := m.Default(tenant.Contacts)
	if err == nil {
		_, err = m.Create(tenant.Contacts, folder.ID, []byte(`{"displayName":"late","categories":["Sync with Salesforce"]}`))
	}
	if err != nil {
		t.Error(err)
	}
}

// The plug-in may still be at work: before the purge the approval no longer
// fits, after it the figures do not.
func TestLateItemIsAnError(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"purge: after approval": "the dry run's digest", "verify: look again": "items left"} {
		tn := small(t)
		out := &meddler{text: text, meddle: func() { addMarked(t, tn) }}
		err := tour.Run(t.Context(), options(t, tn, out))
		if !errors.Is(err, tour.ErrFigures) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v after:\n%s", text, err, out)
		}
		if out.meddle != nil {
			t.Errorf("%q is not told", text)
		}
	}
}

type deaf struct{}

var errDeaf = errors.New("broken pipe")

func (deaf) Write([]byte) (int, error) { return 0, errDeaf }

func TestNobodyListensIsAnError(t *testing.T) {
	t.Parallel()
	if err := tour.Run(t.Context(), options(t, small(t), deaf{})); !errors.Is(err, errDeaf) {
		t.Errorf("got %v", err)
	}
}

func TestInterruptedTourEnds(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out := &meddler{text: "backup: copy everything", meddle: stop}
	if err := tour.Run(ctx, options(t, small(t), out)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
