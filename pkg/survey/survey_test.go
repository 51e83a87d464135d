package survey_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/scope"
	"github.com/riva-prep/riva-prep/pkg/survey"
)

const category = "Sync with Salesforce"

// meter writes down what it hears.
type meter struct{ heard []string }

func (m *meter) Step(n int, name string) { m.heard = append(m.heard, fmt.Sprint(n, " ", name)) }
func (m *meter) Done()                   { m.heard = append(m.heard, "done") }

// world has three mailboxes with two contacts each, one of them marked, and an
// account without a mailbox. Bob's cannot be read.
func world() *memory.Tenant {
	t := memory.New("tenant")
	contacts := item.Folder{Kind: item.Contacts, ID: "contacts", Path: "Contacts"}
	for _, name := range []string{"cid", "ann", "bob"} {
		t.Add(mailbox.Account{ID: "id-" + name, UPN: name + "@contoso.example"}, contacts)
		t.Put("id-"+name, contacts, map[string]any{"id": name + "-1", "categories": []string{category}})
		t.Put("id-"+name, contacts, map[string]any{"id": name + "-2"})
	}
	t.Add(mailbox.Account{ID: "id-none", UPN: "none@contoso.example"})
	t.Fault = func(c memory.Call) (error, error) {
		if c.Mailbox == "id-bob" && c.Verb == "list" {
			return errors.New("no connection"), nil
		}
		return nil, nil
	}
	return t
}

func everybody(w *memory.Tenant) (survey.Survey, *meter) {
	heard := &meter{}
	return survey.Survey{
		Directory: w, Selection: scope.Selection{All: true}, Kinds: item.Kinds(), Parallel: 3,
		Meter: func(n int) survey.Meter {
			heard.heard = append(heard.heard, fmt.Sprint("of ", n))
			return heard
		},
	}, heard
}

func TestCountNamesWhatItCouldNotRead(t *testing.T) {
	s, heard := everybody(world())
	boxes, skipped, err := s.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(boxes) != 2 || boxes[0].Account.ID != "id-ann" || boxes[1].Account.ID != "id-cid" || boxes[0].Items != 2 {
		t.Errorf("counted %+v", boxes)
	}
	if len(skipped) != 1 || !strings.Contains(skipped[0].Reason, "no connection") {
		t.Errorf("skipped %+v", skipped)
	}
	if n := len(heard.heard); n != 4 || heard.heard[0] != "of 4" || heard.heard[n-1] != "done" {
		t.Errorf("the meter heard %q", heard.heard)
	}
}

func TestPlanCoversWhatWasRead(t *testing.T) {
	w := world()
	s, _ := everybody(w)
	s.Selection = scope.Selection{Names: []string{"id-ann", "id-bob", "nobody"}}
	p, err := s.Plan(t.Context(), plan.Rules{Purpose: plan.Purge, Categories: []string{category}})
	if err != nil {
		t.Fatal(err)
	}
	if totals := p.Totals(); totals.Deletes != 1 || totals.Items != 2 || len(p.Mailboxes) != 1 {
		t.Errorf("planned %+v", totals)
	}
	if p.Tenant.ID != "tenant" || len(p.Rules.Kinds) != len(item.Kinds()) || len(p.Skipped) != 2 {
		t.Errorf("the plan is for %+v, by %+v, without %+v", p.Tenant, p.Rules, p.Skipped)
	}
}

// A survey cannot change a mailbox, even through what it hands out.
func TestOpensForReadingOnly(t *testing.T) {
	w := world()
	s, _ := everybody(w)
	boxes, skipped, err := s.Open(t.Context())
	if err != nil || len(boxes) != 3 || len(skipped) != 0 {
		t.Fatalf("opened %d, skipped %v: %v", len(boxes), skipped, err)
	}
	for _, mb := range boxes {
		if err := mb.Delete(t.Context(), w.Items(mb.Account().ID)[0]); err == nil {
			t.Errorf("%s lost an item", mb.Account().ID)
		}
		if n := len(w.Items(mb.Account().ID)); n != 2 {
			t.Errorf("%s has %d items left", mb.Account().ID, n)
		}
	}
}

func TestAnErrorEndsTheMeter(t *testing.T) {
	w := world()
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "list" {
			return mailbox.ErrSignIn, nil
		}
		return nil, nil
	}
	s, heard := everybody(w)
	if _, err := s.Plan(t.Context(), plan.Rules{Purpose: plan.Purge, Categories: []string{category}}); !errors.Is(err, mailbox.ErrSignIn) {
		t.Errorf("got %v", err)
	}
	if len(heard.heard) < 2 || heard.heard[len(heard.heard)-1] != "done" {
		t.Errorf("the meter heard %q", heard.heard)
	}
	s.Selection = scope.Selection{Groups: []string{"nobodies"}}
	if _, _, err := s.Count(t.Context()); !errors.Is(err, mailbox.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if _, _, err := s.Open(t.Context()); !errors.Is(err, mailbox.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}
