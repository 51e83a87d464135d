package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/run"
)

// TestApprovedIsOnRecord: a run can go on by its name once its beginning is in
// the journal, and only with the plan that was approved.
func TestApprovedIsOnRecord(t *testing.T) {
	w, path := world(), t.TempDir()
	store := open(t, path)
	p := planFor(t, w)
	if _, err := store.Approved(run.ID(p)); !errors.Is(err, run.ErrNoRun) {
		t.Errorf("no run: %v", err)
	}
	cut := job(w, p)
	cut.Directory = unreachable{w}
	report, err := store.Execute(t.Context(), cut)
	if !errors.Is(err, mailbox.ErrSignIn) || report.Begun {
		t.Fatalf("%+v, %v", report, err)
	}
	if _, err := store.Approved(run.ID(p)); !errors.Is(err, run.ErrNotBegun) {
		t.Errorf("not begun: %v", err)
	}
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "delete" && c.Mailbox == "bob" {
			return mailbox.ErrDenied, nil
		}
		return nil, nil
	}
	report, err = store.Execute(t.Context(), job(w, p))
	if err != nil || !report.Begun || report.Result.Refused == 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	again, err := store.Approved(run.ID(p))
	if err != nil || again.Digest() != p.Digest() {
		t.Fatalf("%v", err)
	}
	w.Fault = nil
	report, err = store.Execute(t.Context(), job(w, again))
	if err != nil || !report.Result.Whole() || !report.Resumed {
		t.Fatalf("%+v, %v", report, err)
	}

	// Another plan under the run's name: its digest is not the journal's.
	other := p
	other.Mailboxes = other.Mailboxes[:1]
	file := filepath.Join(path, "runs", run.ID(p), "plan.json")
	if err := os.WriteFile(file, other.Encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Approved(run.ID(p)); !errors.Is(err, journal.ErrDamaged) {
		t.Errorf("another plan: %v", err)
	}
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Approved(run.ID(p)); !errors.Is(err, plan.ErrNotPlan) {
		t.Errorf("no plan: %v", err)
	}
}

// TestCloudThatDeletesNothingForGood is told before anything is begun.
func TestCloudThatDeletesNothingForGood(t *testing.T) {
	w, path := world(), t.TempDir()
	w.NoPermanent = true
	good := rules
	good.Permanent = true
	p := plan.Make(mailbox.Tenant{ID: w.ID}, good, []plan.Mailbox{plan.For(good, ann, w.Items("ann"))})
	report, err := open(t, path).Execute(t.Context(), job(w, p))
	if !errors.Is(err, run.ErrNotHere) || report.Run != "" || len(w.Calls()) != 0 {
		t.Errorf("%+v, %v, %v", report, err, w.Calls())
	}
	if entries, err := os.ReadDir(path); err != nil || len(entries) != 0 {
		t.Errorf("the store has %v, %v", entries, err)
	}
	w.NoPermanent = false
	if report, err := open(t, path).Execute(t.Context(), job(w, p)); err != nil || report.Result.Done != 6 || len(w.Calls("delete-permanently")) != 6 {
		t.Errorf("%+v, %v", report, err)
	}
}
