package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
)

// anyPlan is one of any shape, lists that are null among them, with texts that
// look like its own members.
func anyPlan(t *rapid.T) Plan {
	texts := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`"steps":[],"held":[]`, `"mailboxes": []`, "<&>\u2028", ""}))
	list := func(name string) (all []string) {
		if rapid.Bool().Draw(t, name) {
			all = append([]string{}, rapid.SliceOfN(texts, 0, 2).Draw(t, name)...)
		}
		return all
	}
	p := Plan{Tenant: mailbox.Tenant{ID: texts.Draw(t, "tenant")}, Tool: texts.Draw(t, "tool"), Created: time.Unix(1e9, 5),
		Rules: Rules{Purpose: Purge, Kinds: item.Kinds(), Categories: list("categories")}}
	for range rapid.IntRange(0, 3).Draw(t, "mailboxes") {
		m := Mailbox{Account: mailbox.Account{ID: texts.Draw(t, "account")}, Items: 3, From: texts.Draw(t, "from")}
		if rapid.Bool().Draw(t, "empty") {
			m.Steps, m.Held, m.Folders = []Step{}, []Held{}, []NewFolder{{Names: list("names")}}
		}
		for range rapid.IntRange(0, 3).Draw(t, "steps") {
			m.Steps = append(m.Steps, Step{Action: Create, Title: texts.Draw(t, "title"), Before: list("before"), Loses: list("loses")})
		}
		for range rapid.IntRange(0, 3).Draw(t, "held") {
			m.Held = append(m.Held, Held{Title: texts.Draw(t, "title"), Categories: list("categories"), Hazard: Room})
		}
		p.Mailboxes = append(p.Mailboxes, m)
	}
	if len(p.Mailboxes) == 0 && rapid.Bool().Draw(t, "no mailboxes") {
		p.Mailboxes = []Mailbox{}
	}
	return p
}

// What is written step by step is what package json makes of the whole.
func TestWrittenAsJSONWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan(t)
		covered := p
		covered.Mailboxes = append([]Mailbox(nil), p.Mailboxes...)
		if p.Mailboxes != nil {
			covered.Mailboxes = append([]Mailbox{}, p.Mailboxes...)
		}
		for i := range covered.Mailboxes {
			covered.Mailboxes[i].Items, covered.Mailboxes[i].Already = 0, 0
		}
		content, err := json.Marshal(covered)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if want := "sha256:" + hex.EncodeToString(sum[:]); p.Digest() != want {
			t.Fatalf("digest %s, want %s", p.Digest(), want)
		}
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetIndent("", " ")
		if err := enc.Encode(file{Format: format, Tool: p.Tool, Created: p.Created.UTC(), Digest: p.Digest(), Skipped: []Skipped{}, Plan: p}); err != nil {
			t.Fatal(err)
		}
		if got := p.Encode(); !bytes.Equal(got, want.Bytes()) {
			t.Fatalf("written:\n%s\nwant:\n%s", got, want.Bytes())
		}
	})
}
