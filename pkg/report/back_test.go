package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/drift"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

func storedAt(id, tenant string, unreadable int) report.StoredSnapshot {
	box := snapshot.Mailbox{Counts: map[item.Kind]int{item.Contacts: 3}, Unreadable: make([]snapshot.Unreadable, unreadable)}
	return report.StoredSnapshot{ID: id, Manifest: snapshot.Manifest{
		ID: id, Created: time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC), Tenant: mailbox.Tenant{ID: tenant}, Mailboxes: []snapshot.Mailbox{box},
	}}
}

func shown(t *testing.T, format report.Format, write func(*bytes.Buffer, report.Options) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, report.Options{Format: format}); err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(out.String(), "\ufeff")
}

// TestSnapshotsShowWhatDiffers: what is the same of all is said once, so that a
// line fits a terminal; a backup that cannot be used has no counts.
func TestSnapshotsShowWhatDiffers(t *testing.T) {
	dead := report.StoredSnapshot{ID: "dead", Problem: "not finished"}
	now := time.Date(2026, 11, 25, 5, 0, 0, 0, time.UTC)
	for what, c := range map[string]struct {
		all        []report.StoredSnapshot
		has, lacks []string
	}{
		"one tenant":   {[]report.StoredSnapshot{storedAt("a", "here", 0), dead}, []string{"all of tenant here", "2 days", "not finished"}, []string{"unreadable", "│ tenant"}},
		"two tenants":  {[]report.StoredSnapshot{storedAt("a", "here", 0), storedAt("b", "there", 0), dead}, []string{"│ tenant", "here", "there"}, []string{"all of", "unreadable"}},
		"unreadable":   {[]report.StoredSnapshot{storedAt("a", "here", 2), dead}, []string{"unreadable", " 2 │"}, nil},
		"nothing good": {[]report.StoredSnapshot{dead}, []string{"not finished"}, []string{"all of", "0 B"}},
		"nothing":      {nil, []string{"snapshots in store: 0"}, []string{"all of"}},
	} {
		text := shown(t, report.Table, func(w *bytes.Buffer, o report.Options) error { return report.Snapshots(w, o, "store", c.all, now) })
		for _, want := range c.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", what, want, text)
			}
		}
		for _, not := range c.lacks {
			if strings.Contains(text, not) {
				t.Errorf("%s: %q is in\n%s", what, not, text)
			}
		}
		rows, err := csv.NewReader(strings.NewReader(shown(t, report.CSV, func(w *bytes.Buffer, o report.Options) error {
			return report.Snapshots(w, o, "store", c.all, now)
		}))).ReadAll()
		if err != nil || len(rows) != len(c.all)+1 || len(rows[0]) != 9 {
			t.Errorf("%s: %d rows, %v", what, len(rows), err)
		}
	}
}

func verified() report.Verified {
	return report.Verified{
		Snapshot: "snap", Items: 4, Files: 9, Bytes: 1234,
		Against: []drift.Mailbox{
			{Account: mailbox.Account{ID: "1", UPN: "ann@contoso.example"}, Same: 4, Counts: map[drift.Change]int{}, Items: []drift.Item{}},
			{Account: mailbox.Account{ID: "2", UPN: "bob@contoso.example"}, Same: 1, Counts: map[drift.Change]int{drift.Missing: 1, drift.Added: 1}, Items: []drift.Item{
				{Change: drift.Added, Kind: item.Tasks, Folder: "Tasks", ID: "n", Title: "New"},
				{Change: drift.Missing, Kind: item.Contacts, Folder: "Contacts", ID: "m", Title: "Gone"},
			}},
		},
		Skipped: []plan.Skipped{{Name: "eve@contoso.example", Reason: "no mailbox"}},
	}
}

// TestVerifyLeavesNothingOut: every mailbox and every item that differs is in
// every form, and CSV's items add up.
func TestVerifyLeavesNothingOut(t *testing.T) {
	v := verified()
	write := func(w *bytes.Buffer, o report.Options) error { return report.Verify(w, o, v) }
	for _, format := range []report.Format{report.Table, report.Markdown, report.JSON, report.CSV} {
		text := shown(t, format, write)
		for _, want := range []string{"ann@contoso.example", "bob@contoso.example", "eve@contoso.example", "no mailbox", "New", "Gone", "missing", "added"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", format, want, text)
			}
		}
	}
	var data map[string]any
	if err := json.Unmarshal([]byte(shown(t, report.JSON, write)), &data); err != nil || data["items"] != 4.0 || data["sealed"] != false {
		t.Errorf("%v, %v", data, err)
	}
	rows, err := csv.NewReader(strings.NewReader(shown(t, report.CSV, write))).ReadAll()
	if err != nil || len(rows) != 6 || strings.Join(rows[0], " ") != "mailbox mailboxId change items kind folder title id" || rows[1][3] != "4" || rows[3][3] != "1" {
		t.Errorf("%q, %v", rows, err)
	}
}

func TestVerifyEqual(t *testing.T) {
	whole := verified()
	whole.Against, whole.Skipped = whole.Against[:1], nil
	skipped := whole
	skipped.Skipped = verified().Skipped
	for what, c := range map[string]struct {
		v    report.Verified
		want bool
	}{
		"not compared": {report.Verified{}, true}, "the same": {whole, true}, "different": {verified(), false}, "not all compared": {skipped, false},
	} {
		if c.v.Equal() != c.want {
			t.Errorf("%s: %v", what, !c.want)
		}
	}
	sealed := whole
	sealed.Sealed = true
	if text := shown(t, report.Table, func(w *bytes.Buffer, o report.Options) error { return report.Verify(w, o, sealed) }); !strings.Contains(text, "--identity") {
		t.Errorf("a sealed proof is shown as any other:\n%s", text)
	}
}
