package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/run"
)

func books() map[string]*ledger.Book {
	purge := plan.Plan{Tenant: mailbox.Tenant{ID: "t"}, Rules: plan.Rules{Purpose: plan.Purge}, Mailboxes: []plan.Mailbox{{Account: mailbox.Account{ID: "ann", Address: "ann@contoso.example"}}}}
	tag := purge
	tag.Rules = plan.Rules{Purpose: plan.TagPersonal, Tag: "Personal"}
	return map[string]*ledger.Book{
		"purge": ledger.Of(purge, nil), "tag": ledger.Of(tag, nil), "purge run": ledger.Of(purge, &run.Report{}), "tag run": ledger.Of(tag, &run.Report{}),
	}
}

func written(t *testing.T, b *ledger.Book) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, b, time.Date(2026, 7, 3, 12, 15, 0, 0, time.FixedZone("", 7200))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A browser hashes what stands between the tags, to the byte.
func TestPolicyAllowsExactlyTheStyleAndTheScript(t *testing.T) {
	for name, book := range books() {
		out := written(t, book)
		style, script := between(out, "<style>", "</style>"), between(out, "<script>", "</script>")
		want := "default-src 'none'; style-src " + sha(style) + "; script-src " + sha(script) + "; base-uri 'none'; form-action 'none'"
		if got := policies(t, out); len(style) < 1000 || len(script) < 1000 || !slices.Equal(got, []string{want}) {
			t.Errorf("%s: the policies are %q, not %q", name, got, want)
		}
		if strings.Contains(style, "url(") || strings.Contains(style, "@import") || strings.Contains(out, "style=") {
			t.Errorf("%s: the style asks for more than its policy allows", name)
		}
	}
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// policies are what a browser would obey: those that stand before all that they
// are about.
func policies(t *testing.T, out string) (found []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Data == "style" {
			break
		}
		if slices.Contains(n.Attr, html.Attribute{Key: "http-equiv", Val: "Content-Security-Policy"}) {
			for _, a := range n.Attr {
				if a.Key == "content" {
					found = append(found, a.Val)
				}
			}
		}
	}
	return found
}

func TestSaysWhatKindOfPageItIs(t *testing.T) {
	for name, want := range map[string][]string{
		"purge":     {"nothing has been changed", "to be deleted", "Approve as"},
		"tag":       {"nothing has been changed", "to be tagged", "Personal"},
		"purge run": {"report of a run", ">deleted<", "Approved plan"},
		"tag run":   {"report of a run", ">tagged<", "Every step was done."},
	} {
		out := written(t, books()[name])
		for _, text := range append(want, "3 July 2026, 10:15 UTC") {
			if !strings.Contains(out, text) {
				t.Errorf("%s does not say %q", name, text)
			}
		}
	}
}

func TestBarShowsEveryPart(t *testing.T) {
	b := newBar(barPart{Count: 1, Label: "one"}, barPart{Count: 0, Label: "none"}, barPart{Count: 99_999, Label: "many"}, barPart{Count: -1, Label: "odd"})
	if len(b.Parts) != 2 || b.Label != "1 one, 99,999 many" {
		t.Fatalf("%+v", b)
	}
	x := 0
	for _, p := range b.Parts {
		if p.X != x || p.Width < 8 {
			t.Errorf("%+v begins at %d", p, x)
		}
		x += p.Width
	}
	if x > 1000 || x < 990 {
		t.Errorf("the parts are %d wide together", x)
	}
	if empty := newBar(); len(empty.Parts) != 0 {
		t.Errorf("%+v", empty)
	}
}
