package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T) contents {
	t.Helper()
	c, err := readContents(company())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The tenant has something of everything that a kill could tear.
func TestCompany(t *testing.T) {
	c, marked, parts := read(t), 0, map[string]int{}
	for _, it := range c.items {
		if slices.Contains(it["categories"].([]any), any(plugin)) {
			marked++
		}
		for _, part := range []string{"photo", "attachments", "exceptionOccurrences", "checklistItems", "linkedResources"} {
			if it[part] != nil {
				parts[part]++
			}
		}
	}
	if len(c.items) != 100 || len(parts) != 5 || marked != 68 || len(due(c)) != 66 {
		t.Errorf("%d items, %d with the category, of which %d are due, parts %v", len(c.items), marked, len(due(c)), parts)
	}
	if twins := len(c.items) - len(c.names()); twins < 20 {
		t.Errorf("only %d items have a twin", twins)
	}
}

// TestOracleSees does to a tenant what no command may do.
func TestOracleSees(t *testing.T) {
	one := place{"66666666-7777-4888-9999-000000000000", "contacts", "ann-contacts", "ann-contact-00"}
	lost := func(c *contents) { delete(c.items, one) }
	deleted := func(c *contents) {
		c.deleted[one], c.former[one] = c.items[one], c.called(one)
		delete(c.items, one)
	}
	change := func(name string, value any) func(*contents) {
		return func(c *contents) {
			c.items[one] = maps.Clone(c.items[one])
			c.items[one][name], c.items[one]["@odata.etag"] = value, "new"
		}
	}
	doubled := func(c *contents) {
		c.items[place{one.mailbox, one.kind, one.folder, "another"}] = c.items[one]
	}
	planned := map[string]bool{"ann-contact-00-immutable": true}
	for name, try := range map[string]struct {
		do      func(*contents)
		does    deed
		planned map[string]bool
		want    string
	}{
		"nothing":                {func(*contents) {}, deed{}, nil, ""},
		"lost":                   {lost, deed{deletes: true}, planned, "it is lost"},
		"deleted":                {deleted, deed{deletes: true}, planned, ""},
		"deleted beside it":      {deleted, deed{deletes: true}, nil, "it was deleted, and that was not planned"},
		"deleted by a tag":       {deleted, deed{tags: true}, planned, "it was deleted, and that was not planned"},
		"tagged":                 {change("categories", []any{"Personal"}), deed{tags: true}, planned, ""},
		"tagged beside the plan": {change("categories", []any{"Personal"}), deed{tags: true}, nil, "it was changed, and that was not planned"},
		"tagged and more":        {change("givenName", "Eve"), deed{tags: true}, planned, "more than its categories was changed"},
		"changed by a purge":     {change("givenName", "Eve"), deed{deletes: true}, planned, "it was changed, and that was not planned"},
		"made twice":             {doubled, deed{creates: true}, planned, "there are 3, and were never more than 2"},
		"made by a purge":        {doubled, deed{deletes: true}, planned, "it was made, and that was not planned"},
	} {
		t.Run(name, func(t *testing.T) {
			before, now := read(t), read(t)
			try.do(&now)
			broken := strings.Join(judge(before, now, try.does, try.planned, before.names()), "\n")
			if try.want == "" && broken != "" || !strings.Contains(broken, try.want) {
				t.Errorf("%q, want %q", broken, try.want)
			}
			if same := slices.Equal(before.sorted(), now.sorted()); same != (name == "nothing") {
				t.Errorf("ends are the same: %v", same)
			}
		})
	}
}

// TestJournalIsRead reads a journal that was torn in the middle of a record.
func TestJournalIsRead(t *testing.T) {
	w := &watch{round: &round{folder: t.TempDir()}}
	w.plan.Digest, w.plan.Plan.Rules.Purpose = "sha256:0123456789abcdef01", "purge"
	folder := w.path("store/runs/purge-0123456789abcdef")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	text := `{"type":"begin","snapshot":"s"}
{"type":"intent","item":"a"}
{"type":"intent","item":"b"}
{"type":"outcome","item":"a","result":"done"}
{"type":"outc`
	if err := os.WriteFile(folder+"/journal.jsonl", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h := w.journal()
	if !h.begun() || len(h.open) != 1 || h.open["b"] != 1 || h.done["a"] != 1 || h.place(2) != "last record: outcome, 1 under way" {
		t.Errorf("%+v, %s", h, h.place(2))
	}
}

// TestChangesAreTold tells requests that change something from those that read.
func TestChangesAreTold(t *testing.T) {
	for line, want := range map[string]bool{
		"GET /v1.0/users/a/contacts":                                  false,
		"DELETE /v1.0/users/a/contacts/b":                             true,
		"PATCH /v1.0/users/a/events/b":                                true,
		"POST /api/import":                                            true,
		"POST /tenant/oauth2/v2.0/token":                              false,
		"POST /v1.0/admin/exchange/mailboxes/a/exportItems":           false,
		`POST /v1.0/$batch {"requests":[{"method":"GET"}]}`:           false,
		`POST /v1.0/$batch {"requests":[{"method": "DELETE"}]}`:       true,
		"POST /v1.0/admin/exchange/mailboxes/a/createImportSession":   false,
		"POST /v1.0/users/a/calendars/c/events {\"subject\":\"new\"}": true,
	} {
		parts := strings.SplitN(line, " ", 3)
		body := ""
		if len(parts) == 3 {
			body = parts[2]
		}
		r := httptest.NewRequest(parts[0], parts[1], http.NoBody)
		if got := changes(r, []byte(body)); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

// TestPlantsFit: each planted bug still finds the text that it changes.
func TestPlantsFit(t *testing.T) {
	if len(plants) < 5 {
		t.Fatalf("%d plants", len(plants))
	}
	for _, p := range plants {
		data, err := os.ReadFile("../../" + p.file)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(data), p.text); n != 1 {
			t.Errorf("%s: %s has the text to change %d times", p.name, p.file, n)
		}
	}
}
