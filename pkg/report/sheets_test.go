package report

import (
	"errors"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/run"
)

// sheets gives the files of a plan or a run by their names.
func sheets(t *testing.T, p plan.Plan, r *run.Report) (files map[string]string, pages int) {
	t.Helper()
	files = map[string]string{}
	pages, err := Sheets(p, r, clock(), func(name string, data []byte) error {
		if files[name] != "" {
			t.Errorf("%s is written twice", name)
		}
		files[name] = string(data)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, pages
}

// TestSheetsHoldNothingOfOthers: a user's page names no other mailbox, none of
// its items, and is of the whole plan by its digest.
func TestSheetsHoldNothingOfOthers(t *testing.T) {
	p, broken := purgePlan(), brokenRun()
	for name, r := range map[string]*run.Report{"plan": nil, "run": &broken} {
		files, pages := sheets(t, p, r)
		if pages != 2 || len(files) != 3 {
			t.Fatalf("%s: %d pages, %d files", name, pages, len(files))
		}
		for _, m := range p.Mailboxes {
			for file, text := range files {
				if file == SheetsIndex || file == m.Account.Name()+".html" {
					continue
				}
				inert(t, text)
				foreign := []string{m.Account.ID, m.Account.Name(), "gone@contoso.example"}
				for _, s := range m.Steps {
					foreign = append(foreign, s.ID)
				}
				for _, text2 := range foreign {
					if strings.Contains(text, text2) {
						t.Errorf("%s: %s holds %q", name, file, text2)
					}
				}
				if !strings.Contains(text, p.Digest()) {
					t.Errorf("%s: %s does not have the plan's digest", name, file)
				}
			}
		}
	}
}

// TestSheetsOfARunCountTheirOwn: a mailbox that the run did not reach is pending.
func TestSheetsOfARunCountTheirOwn(t *testing.T) {
	p, r := purgePlan(), brokenRun()
	r.Result.Mailboxes = r.Result.Mailboxes[:1]
	files, _ := sheets(t, p, &r)
	for file, want := range map[string]string{
		"anna@contoso.example.html":                            "<b>10</b> done</li>",
		"boris.with.a.long.address@sales.contoso.example.html": "<b>2</b> skipped or pending</li>",
	} {
		if !strings.Contains(files[file], want) {
			t.Errorf("%s does not say %q", file, want)
		}
	}
}

// TestSheetsHaveNamesOfTheirOwn, whatever the addresses are.
func TestSheetsHaveNamesOfTheirOwn(t *testing.T) {
	var boxes []plan.Mailbox
	for i, address := range []string{"a@x", "A@x", "../a@x", "mailboxes.csv", "nul", "", "a?x", "a*x"} {
		account := mailbox.Account{ID: string(rune('a' + i)), Address: address}
		boxes = append(boxes, plan.Mailbox{Account: account, Items: 1, Steps: []plan.Step{{ID: "1", Action: plan.Delete}}})
	}
	files, pages := sheets(t, plan.Make(contoso(), purgePlan().Rules, boxes), nil)
	lower := map[string]bool{}
	for name := range files {
		lower[strings.ToLower(name)] = true
		if strings.ContainsAny(name, `/\?*`) {
			t.Errorf("%q is the name of a file", name)
		}
	}
	if pages != 8 || len(lower) != 9 {
		t.Errorf("%d pages, %d names", pages, len(lower))
	}
	rows := readCSV(t, files[SheetsIndex])
	if len(rows) != 9 || len(rows[0]) != 10 {
		t.Errorf("%q", rows)
	}
	for _, row := range rows[1:] {
		if files[row[3]] == "" || row[4] != "1" || row[9] != "1" {
			t.Errorf("%q", row)
		}
	}
}

func TestSheetsThatCannotBeWritten(t *testing.T) {
	full := errors.New("full")
	for at := range 3 {
		n := 0
		_, err := Sheets(purgePlan(), nil, clock(), func(string, []byte) error {
			if n++; n > at {
				return full
			}
			return nil
		})
		if !errors.Is(err, full) {
			t.Errorf("after %d files: %v", at, err)
		}
	}
}
