package page

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func documented(t *testing.T, parts ...Part) string {
	t.Helper()
	var out bytes.Buffer
	if err := Document(&out, parts, time.Date(2026, 7, 3, 10, 15, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestDocumentIsAPage: every part in its place, each text as nothing but text.
func TestDocumentIsAPage(t *testing.T) {
	number := Cell{Text: "1,200"}
	out := documented(t,
		Part{Heading: "backup " + foreign}, Part{Line: Cell{foreign, "bad"}},
		Part{Table: &Table{Columns: []Column{{Head: foreign}, {"items", true}}, Rows: [][]Cell{{{Text: foreign}, {"1,200", "bad"}}}, Foot: []Cell{{Text: foreign}, number}}},
		Part{Heading: foreign}, Part{Line: Cell{Text: "folder " + foreign}, Copy: true})
	complaints, shown := leaks(t, out)
	if len(complaints) > 0 || shown != 8 { // the title stands on the tab too
		t.Errorf("%d times, %q", shown, complaints)
	}
	if want := []string{"default-src 'none'; style-src " + sha(between(out, "<style>", "</style>")) + "; base-uri 'none'; form-action 'none'"}; !slices.Equal(policies(t, out), want) {
		t.Errorf("the policies are %q", policies(t, out))
	}
	for _, text := range []string{`<td class="n tone bad">1,200</td>`, `<tfoot><tr><th scope="row"`, `<td class="n">1,200</td>`, `<p class="tone bad" dir="auto">`, `<th scope="col" class="n">items</th>`, "report of 3 July 2026"} {
		if !strings.Contains(out, text) {
			t.Errorf("it has no %s", text)
		}
	}
	if strings.Contains(out, "<script") {
		t.Error("it has a script")
	}
}

func TestDocumentWithoutAHeading(t *testing.T) {
	if out := documented(t, Part{Line: Cell{Text: "nothing"}}); !strings.Contains(out, "<h1>Report</h1>") || !strings.Contains(out, ">nothing</p>") {
		t.Error(out)
	}
	if out := documented(t); !strings.Contains(out, "<h1>Report</h1>") {
		t.Error(out)
	}
}
