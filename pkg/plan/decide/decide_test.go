package decide_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/plan/decide"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/safetext"
)

const plugin = "Sync with Salesforce"

var (
	ann   = mailbox.Account{ID: "379ad1b6-0013-42a9-a05c-7d69bb704f48", Address: "ann@contoso.example"}
	bo    = mailbox.Account{ID: "0e5", UPN: "bo@contoso.example"}
	purge = plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{plugin}, Protect: []string{"Don't"}}
)

func remove(id, title string) plan.Step {
	return plan.Step{
		Action: plan.Delete, Kind: item.Contacts, Folder: "Contacts", FolderID: "f", ID: id, Version: "W/\"" + id + "\"", Title: title,
		Before: []string{plugin, "=A"}, Why: "category \"" + plugin + "\"",
	}
}

// sample is a plan of three steps and two held items.
func sample() plan.Plan {
	first := plan.Mailbox{
		Account: ann, Items: 9, Already: 2, Steps: []plan.Step{remove("AAkA1", "Ingrid Tanaka"), remove("-2", "=HYPERLINK(\"x\")\r\nnext; line")},
		Held: []plan.Held{{Kind: item.Events, Folder: "Calendar", ID: "H", Title: "Board", Categories: []string{plugin}, Hazard: plan.MailsAttendees, Detail: "deleting it would mail cancellations to 3 people"}},
	}
	second := plan.Mailbox{
		Account: bo, Items: 3, Steps: []plan.Step{remove("AAkA1", "007")},
		Held: []plan.Held{{Kind: item.Tasks, Folder: "Tasks", ID: "K", Title: "Call", Categories: []string{}, Hazard: plan.Kept, Detail: "somebody decided"}},
	}
	p := plan.Make(mailbox.Tenant{ID: "tenant"}, purge, []plan.Mailbox{first, second})
	p.Tool, p.Skipped = "v1", []plan.Skipped{{Name: "gone", Reason: "no mailbox"}}
	return p
}

func written(t rapid.TB, p plan.Plan) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := decide.Write(&out, p, ','); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// records are the cells of a list, header first.
func records(t rapid.TB, data []byte) [][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// joined makes a list of records again.
func joined(t rapid.TB, all [][]string, comma rune) []byte {
	t.Helper()
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma = comma
	if err := w.WriteAll(all); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func list(data []byte) decide.List { return decide.List{Name: "list.csv", Data: data} }

// TestListIsThePlansOwnCSV: cells are those that a plan has with --output csv,
// but for an apostrophe before what a spreadsheet would make a number of.
func TestListIsThePlansOwnCSV(t *testing.T) {
	columns := decide.Columns()
	if got := columns[:len(columns)-1]; !slices.Equal(got, ledger.Columns()) || columns[len(columns)-1] != "decision" {
		t.Fatalf("columns are %q, those of a plan %q", columns, ledger.Columns())
	}
	p := sample()
	data := written(t, p)
	p.Skipped = nil // mailboxes are no items
	want := [][]string{columns}
	for cells := range ledger.Of(p, nil).Rows() {
		for i := range cells {
			cells[i] = safetext.CSV(safetext.Terminal(cells[i]))
		}
		decision := "do"
		if cells[5] == "held" {
			decision = "held"
		}
		want = append(want, append(cells, decision))
	}
	want[4][6], want[4][1], want[5][1] = "'007", "'0e5", "'0e5"
	got := records(t, data)
	if !reflect.DeepEqual(got, want) || len(got) != 6 {
		t.Errorf("rows are\n%q\nnot\n%q", got, want)
	}
	if !bytes.HasPrefix(data, []byte("\ufeffmailbox,")) || bytes.Count(data, []byte("\r\n")) != bytes.Count(data, []byte("\n")) {
		t.Errorf("no byte order mark, or no CRLF: %q", data)
	}
}

// TestSpreadsheetsLeaveTextAlone: what Excel would make a number, a date or a
// truth value of has an apostrophe, and other text has not.
func TestSpreadsheetsLeaveTextAlone(t *testing.T) {
	guarded := []string{"007", "1/2", "1E5", "3-4", "12:30", " 5 May", "May 5", "sept-26", "Dec.3", "True", "FALSE", ".5", "(5)", "$5", "€ 7", "=1", "-1", "'"}
	plain := []string{"", "Ann", "May", "Marsh", "Decision", "truth", "W/\"1\"", "AAkA1", "Q3 review", "379ad1b6-0013-42a9-a05c-7d69bb704f48"}
	for i, texts := range [][]string{guarded, plain} {
		for _, text := range texts {
			p := plan.Make(mailbox.Tenant{}, purge, []plan.Mailbox{{Account: ann, Steps: []plan.Step{remove("x", text)}}})
			if got := records(t, written(t, p))[1][6]; strings.HasPrefix(got, "'") != (i == 0) {
				t.Errorf("%q is written %q", text, got)
			}
		}
	}
}

func sameDigest(t rapid.TB, p, q plan.Plan) {
	t.Helper()
	if !reflect.DeepEqual(p, q) || p.Digest() != q.Digest() {
		t.Fatalf("another plan came back:\n%s\n%s", p.Encode(), q.Encode())
	}
}

// TestWaysToSaveAList: everything that a spreadsheet may make of a list that
// nobody decided anything in.
func TestWaysToSaveAList(t *testing.T) {
	p := sample()
	data := written(t, p)
	all := records(t, data)
	each := func(edit func([]string) []string) []byte {
		var out [][]string
		for _, r := range all {
			out = append(out, edit(slices.Clone(r)))
		}
		return joined(t, out, ',')
	}
	reversed := slices.Clone(all)
	slices.Reverse(reversed[1:])
	var semicolons bytes.Buffer
	if err := decide.Write(&semicolons, p, ';'); err != nil || !bytes.HasPrefix(semicolons.Bytes(), []byte("\ufeffmailbox;")) {
		t.Errorf("%.20q, %v", &semicolons, err)
	}
	cases := map[string][]byte{
		"as it was":              data,
		"written for semicolons": semicolons.Bytes(),
		"without the mark":       bytes.TrimPrefix(data, []byte("\ufeff")),
		"semicolons":             joined(t, all, ';'),
		"tabs":                   joined(t, all, '\t'),
		"UTF-16, little-endian":  utf16Of(joined(t, all, '\t'), false),
		"UTF-16, big-endian":     utf16Of(joined(t, all, ';'), true),
		"rows in another order":  joined(t, reversed, ','),
		"columns reversed":       each(func(r []string) []string { slices.Reverse(r); return r }),
		"columns more":           each(func(r []string) []string { return append([]string{"by, whom\nand when"}, append(r, "x")...) }),
		"headers in capitals":    bytes.Replace(data, []byte("mailboxId"), []byte(" MAILBOXID "), 1),
		"decisions in capitals":  each(func(r []string) []string { r[13] = strings.ToUpper(" " + r[13]); return r }),
		"held items kept":        each(func(r []string) []string { r[13] = strings.Replace(r[13], "held", "keep", 1); return r }),
		"empty rows":             append(slices.Clone(data), "\r\n,,,,,,,,,,,,,\r\n ,\r\n"...),
		"no apostrophes":         each(trimmed),
	}
	for name, data := range cases {
		o, err := decide.Decide(p, list(data))
		if err != nil || o.Kept != 0 || len(o.Disputed) != 0 {
			t.Errorf("%s: %v, kept %d", name, err, o.Kept)
			continue
		}
		sameDigest(t, p, o.Plan)
	}
	if len(cases) < 15 {
		t.Fatalf("only %d cases", len(cases))
	}
}

func trimmed(cells []string) []string {
	for i := range cells {
		cells[i] = strings.TrimPrefix(cells[i], "'")
	}
	return cells
}

func utf16Of(text []byte, bigEndian bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + string(text))) {
		b := []byte{byte(u), byte(u >> 8)}
		if bigEndian {
			slices.Reverse(b)
		}
		out = append(out, b...)
	}
	return out
}

// TestListsThatAreRefused: each with its row, and each by its own name.
func TestListsThatAreRefused(t *testing.T) {
	p := sample()
	data := written(t, p)
	edit := func(change func(all [][]string) [][]string) []byte {
		return joined(t, change(records(t, data)), ',')
	}
	set := func(at, column int, text string) []byte {
		return edit(func(all [][]string) [][]string { all[at-1][column] = text; return all })
	}
	other := sample()
	other.Mailboxes[0].Steps[0].Version = "W/\"other\""
	cases := []struct {
		name string
		data []byte
		want error
		says string
	}{
		{"nothing", nil, decide.ErrList, "it is empty"},
		{"only the mark", []byte("\ufeff"), decide.ErrList, "it is empty"},
		{"a list of mailboxes", []byte("mail\nann@contoso.example\n"), decide.ErrList, "row 1: there is no column mailbox"},
		{"without decisions", edit(func(all [][]string) [][]string { all[0][13] = ""; return all }), decide.ErrList, "row 1: there is no column decision"},
		{"two columns of decisions", edit(func(all [][]string) [][]string {
			all[0][0] = "decision"
			all[0] = append(all[0], "mailbox")
			return all
		}), decide.ErrList, "row 1: column decision is there twice"},
		{"header only", edit(func(all [][]string) [][]string { return all[:1] }), decide.ErrList, `5 of the plan's 5 rows are missing, first that of "Ingrid Tanaka" in ann@contoso.example`},
		{"a row less", edit(func(all [][]string) [][]string { return slices.Delete(all, 2, 3) }), decide.ErrList, `1 of the plan's 5 rows are missing, first that of "'=HYPERLINK`},
		{"a row twice", edit(func(all [][]string) [][]string { return append(all, all[2]) }), decide.ErrList, "row 7: the item is in row 3 already"},
		{"a row of another plan", set(3, 11, "AAkA9"), decide.ErrList, "row 3: the plan has no item AAkA9"},
		{"an item in another mailbox", set(3, 1, bo.ID), decide.ErrList, "row 3: the plan has no item '-2"},
		{"another kind", set(3, 2, "tasks"), decide.ErrList, "row 3: the plan has no item"},
		{"a list of another plan", written(t, other), decide.ErrList, `row 2: version is`},
		{"a title edited", set(5, 6, "7"), decide.ErrList, `row 5: title is "7", and in the plan it is "'007"; only the decision may be changed`},
		{"an action edited", set(2, 4, "create"), decide.ErrList, "row 2: action is"},
		{"no decision", set(2, 13, " "), decide.ErrList, `row 2: the decision is " "; it must be do or keep`},
		{"an unknown decision", set(2, 13, "kep"), decide.ErrList, "row 2: the decision is"},
		{"a step that is held", set(2, 13, "held"), decide.ErrList, "row 2: the decision is"},
		{"no decision about a held item", set(4, 13, ""), decide.ErrList, "row 4: the decision is"},
		{"doing what is held", set(4, 13, "DO"), decide.ErrHeld, `row 4: "Board" is held (deleting it would mail cancellations to 3 people), and no list can decide otherwise`},
		{"doing what was kept", set(6, 13, "do"), decide.ErrHeld, "row 6: \"Call\" is held (somebody decided), which an earlier list decided: take the plan before it"},
		{"a short row", append(slices.Clone(data), "a,b\r\n"...), decide.ErrList, "row 7 ends before kind"},
		{"a quote that does not end", append(slices.Clone(data), "\"a\r\n"...), decide.ErrList, "line 7"},
		{"the old Windows encoding", bytes.Replace(data, []byte("Ingrid"), []byte("Ingrid\xfc"), 1), decide.ErrList, "line 2 is not in UTF-8"},
		{"no text", append(slices.Clone(data), 0), decide.ErrList, "line 7 is not in UTF-8"},
		{"half a character", append(utf16Of(data, false), 'x'), decide.ErrList, "UTF-16 is broken"},
		{"half a pair", append(utf16Of(data, false), 0, 0xd8), decide.ErrList, "UTF-16 is broken"},
		{"much at once", edit(func(all [][]string) [][]string {
			for i := range all[1:] {
				all[i+1][6] = "x"
			}
			return all
		}), decide.ErrList, "; and 2 more"},
		{"after cells with line breaks", edit(func(all [][]string) [][]string {
			for i := range all {
				all[i] = append(all[i], "a\nb\n\nc")
			}
			all[3][6] = "x"
			return all
		}), decide.ErrList, "row 4: title"},
	}
	for _, c := range cases {
		o, err := decide.Decide(p, list(c.data))
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "list.csv: ") {
			t.Errorf("%s: %v, not %q", c.name, err, c.says)
		}
		if !reflect.DeepEqual(o, decide.Outcome{}) {
			t.Errorf("%s: a plan came back", c.name)
		}
	}
	if len(cases) < 28 {
		t.Fatalf("only %d cases", len(cases))
	}
}

// TestOneWhoKeepsIsEnough: keep goes before do, and is told.
func TestOneWhoKeepsIsEnough(t *testing.T) {
	p := sample()
	all := records(t, written(t, p))
	all[1][13], all[2][13] = "keep", "Keep"
	first := joined(t, all, ',')
	all[1][13], all[2][13], all[4][13] = "do", "keep", "do"
	second := joined(t, all, ';')
	o, err := decide.Decide(p, decide.List{Name: "a.csv", Data: first}, decide.List{Name: "b.csv", Data: second})
	if err != nil || o.Kept != 2 {
		t.Fatalf("kept %d, %v", o.Kept, err)
	}
	want := []decide.Disputed{{Account: ann, Kind: item.Contacts, ID: "AAkA1", Title: "Ingrid Tanaka", Keep: []string{"a.csv"}, Do: []string{"b.csv"}}}
	if !reflect.DeepEqual(o.Disputed, want) {
		t.Errorf("disputed is %+v", o.Disputed)
	}
	if got := o.Plan.Totals(); got.Deletes != 1 || got.Held != 4 || got.HeldBy[plan.Kept] != 3 || len(o.Plan.Mailboxes[0].Steps) != 0 {
		t.Errorf("totals %+v", got)
	}
	if p.Totals().Deletes != 3 {
		t.Error("the old plan was changed")
	}
	for _, h := range o.Plan.Mailboxes[0].Held {
		if h.Hazard == plan.Kept && (!slices.Equal(h.Categories, []string{plugin, "=A"}) || !strings.Contains(h.Detail, "deleted (category")) {
			t.Errorf("held as %+v", h)
		}
	}
	if _, err := decide.Decide(p, decide.List{Name: "a.csv", Data: first}, decide.List{Name: "b.csv", Data: []byte("x")}); !errors.Is(err, decide.ErrList) || !strings.HasPrefix(err.Error(), "b.csv: ") {
		t.Errorf("%v", err)
	}
	again, err := plan.Decode(o.Plan.Encode())
	if err != nil || again.Digest() != o.Plan.Digest() || again.Digest() == p.Digest() {
		t.Errorf("the new plan cannot be read, or is the old one: %v", err)
	}
}

// TestFoldersOfKeptItemsAreNotMade: only what still comes into a folder makes it.
func TestFoldersOfKeptItemsAreNotMade(t *testing.T) {
	create := func(id, folder string) plan.Step {
		return plan.Step{Action: plan.Create, Kind: item.Contacts, Folder: folder, FolderID: "id of " + folder, ID: id, Version: "v", Title: id, Before: []string{}, After: []string{}, Why: "w", Way: plan.ByPost}
	}
	folder := func(name string) plan.NewFolder {
		return plan.NewFolder{Kind: item.Contacts, FormerID: "id of " + name, Names: []string{name}}
	}
	rules := plan.Rules{Purpose: plan.Restore, Kinds: item.Kinds(), Source: &plan.Source{Snapshots: []plan.SourceSnapshot{{ID: "s", Sum: "x"}}}}
	p := plan.Make(mailbox.Tenant{}, rules, []plan.Mailbox{{
		Account: ann, Steps: []plan.Step{create("1", "A"), create("2", "A"), create("3", "B")}, Held: []plan.Held{},
		Folders: []plan.NewFolder{folder("A"), folder("B"), folder("empty")},
	}})
	all := records(t, written(t, p))
	all[1][13], all[3][13] = "keep", "keep"
	o, err := decide.Decide(p, list(joined(t, all, ',')))
	if err != nil {
		t.Fatal(err)
	}
	if got := o.Plan.Mailboxes[0].Folders; len(got) != 2 || got[0].Path() != "A" || got[1].Path() != "empty" || len(p.Mailboxes[0].Folders) != 3 {
		t.Errorf("folders are %+v", got)
	}
	if !strings.Contains(o.Plan.Mailboxes[0].Held[0].Detail, "made again") {
		t.Errorf("held as %+v", o.Plan.Mailboxes[0].Held)
	}
}

func TestPlanThatNamesAnItemTwice(t *testing.T) {
	p := sample()
	p.Mailboxes[0].Held = append(p.Mailboxes[0].Held, p.Mailboxes[0].Held[0])
	if _, err := decide.Decide(p); !errors.Is(err, decide.ErrList) {
		t.Errorf("%v", err)
	}
}

func drawPlan(t *rapid.T) plan.Plan {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"=1+1", "'=x", "a\r\nb", "007", "\"", ";,\t", "\ufeff", "", "\u202e", "Jonas"}))
	var parts []plan.Mailbox
	for i := range rapid.IntRange(0, 3).Draw(t, "mailboxes") {
		m := plan.Mailbox{Account: mailbox.Account{ID: fmt.Sprint("m", i), UPN: text.Draw(t, "upn")}, Steps: []plan.Step{}, Held: []plan.Held{}, Items: 9}
		for n := range rapid.IntRange(0, 5).Draw(t, "steps") {
			s := remove(fmt.Sprint(n), text.Draw(t, "title"))
			s.Version, s.Folder, s.Why = text.Draw(t, "version"), text.Draw(t, "folder"), text.Draw(t, "why")
			m.Steps = append(m.Steps, s)
		}
		for n := range rapid.IntRange(0, 3).Draw(t, "held") {
			m.Held = append(m.Held, plan.Held{Kind: item.Events, ID: fmt.Sprint("h", n), Title: text.Draw(t, "title"), Categories: []string{}, Hazard: plan.Protected, Detail: text.Draw(t, "detail")})
		}
		m.Sort()
		parts = append(parts, m)
	}
	return plan.Make(mailbox.Tenant{ID: "t"}, purge, parts)
}

// TestDecisionsAreExactlyThoseOfTheList: none gives the same plan, and any set
// of keeps takes exactly those steps away, whichever way the list was saved.
func TestDecisionsAreExactlyThoseOfTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		data := written(t, p)
		o, err := decide.Decide(p, list(data))
		if err != nil {
			t.Fatal(err)
		}
		sameDigest(t, p, o.Plan)

		all := records(t, data)
		var left []string
		kept := 0
		for i, r := range all[1:] {
			switch {
			case r[13] == "held":
			case rapid.Bool().Draw(t, "keep"):
				all[i+1][13] = "keep"
				kept++
			default:
				left = append(left, r[1]+" "+strings.TrimPrefix(r[11], "'"))
			}
		}
		o, err = decide.Decide(p, list(joined(t, all, rapid.SampledFrom([]rune(",;\t")).Draw(t, "separator"))))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, m := range o.Plan.Mailboxes {
			sorted := plan.Mailbox{Steps: slices.Clone(m.Steps), Held: slices.Clone(m.Held)}
			sorted.Sort()
			if !reflect.DeepEqual(sorted.Held, m.Held) || !reflect.DeepEqual(sorted.Steps, m.Steps) {
				t.Fatal("the order is not the one that the digest rests on")
			}
			for _, s := range m.Steps {
				got = append(got, m.Account.ID+" "+s.ID)
				if !slices.ContainsFunc(p.Mailboxes[i].Steps, func(was plan.Step) bool { return reflect.DeepEqual(was, s) }) {
					t.Fatalf("a step that the old plan has not: %+v", s)
				}
			}
		}
		if !slices.Equal(got, left) || o.Kept != kept || o.Plan.Totals().HeldBy[plan.Kept] != kept {
			t.Fatalf("steps %q, not %q; kept %d, not %d", got, left, o.Kept, kept)
		}
		if (kept == 0) != (o.Plan.Digest() == p.Digest()) {
			t.Fatal("the digest does not follow the decisions")
		}
	})
}

// FuzzDecide: whatever is in a list, the new plan has no step that the old one
// has not, and holds what the old one held.
func FuzzDecide(f *testing.F) {
	p := sample()
	var out bytes.Buffer
	if err := decide.Write(&out, p, ','); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add(utf16Of(out.Bytes(), true))
	f.Add(bytes.ReplaceAll(out.Bytes(), []byte(",do"), []byte(",keep")))
	f.Add([]byte("mailbox;decision\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := decide.Decide(p, list(data))
		if err != nil {
			if !errors.Is(err, decide.ErrList) && !errors.Is(err, decide.ErrHeld) {
				t.Fatalf("refused without a name: %v", err)
			}
			return
		}
		if n := p.Totals().Deletes - o.Plan.Totals().Deletes; n != o.Kept || o.Plan.Totals().Held != p.Totals().Held+n {
			t.Fatalf("%d steps are gone and %d kept", n, o.Kept)
		}
		if err := o.Plan.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

// BenchmarkDecide is a list of 20,000 rows, written, read and decided.
func BenchmarkDecide(b *testing.B) {
	m := plan.Mailbox{Account: ann, Held: []plan.Held{}, Items: 40_000}
	for i := range 20_000 {
		m.Steps = append(m.Steps, remove(fmt.Sprintf("AAkAADoSf9Xl1thmePohOdlCR1GkUJIGXb85bMRcC-I8fZVTS7BBcccsuk23orgyPUvwCjweXVrg5PAA%08d", i), "Ingrid Tanaka"))
	}
	p := plan.Make(mailbox.Tenant{}, purge, []plan.Mailbox{m})
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := decide.Write(&out, p, ','); err != nil {
			b.Fatal(err)
		}
		if _, err := decide.Decide(p, list(out.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}
