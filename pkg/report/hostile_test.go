package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"golang.org/x/net/html"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/checkup"
	"github.com/riva-prep/riva-prep/pkg/discover"
	"github.com/riva-prep/riva-prep/pkg/drift"
	"github.com/riva-prep/riva-prep/pkg/handout"
	"github.com/riva-prep/riva-prep/pkg/inventory"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/journal"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/marker"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/profile"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/rollout"
	"github.com/riva-prep/riva-prep/pkg/rollout/gate"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/safetext/hostile"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// everywhere is a run, and all that leads to it, with one text wherever others
// could have written it.
func everywhere(text string) (plan.Plan, run.Report, []inventory.Mailbox, SnapshotView) {
	account := mailbox.Account{ID: "id-1", UPN: text, Address: text, DisplayName: text, Purpose: text}
	done := plan.Step{Action: plan.Delete, Kind: item.Events, Folder: text, ID: text, Version: text, Title: text, Before: []string{text, text}, Why: text, Profile: text, Marker: text, Hazards: []plan.Hazard{plan.MailsAttendees}}
	other := done
	other.ID += "2"
	p := plan.Plan{
		Tenant: mailbox.Tenant{ID: text, DisplayName: text},
		Rules:  plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{text}, Protect: []string{text}, Profiles: []marker.Set{{Name: text, Markers: []marker.Marker{{Folder: text}}}}},
		Mailboxes: []plan.Mailbox{{
			Account: account, Items: 4, Steps: []plan.Step{done, other},
			Held: []plan.Held{{Kind: item.Tasks, Folder: text, ID: text, Title: text, Categories: []string{text}, Hazard: plan.Hazard(text), Detail: text}},
		}},
		Tool: text, Skipped: []plan.Skipped{{Name: text, Reason: text}},
	}
	r := run.Report{Run: text, Folder: text, Snapshot: text, Result: apply.Result{Done: 1, Refused: 1, Mailboxes: []apply.MailboxResult{{
		Account: account, Done: 1, Failure: text, Warnings: []string{text}, Others: []apply.Outcome{{Account: account, Step: other, Result: journal.Refused, Detail: text}},
	}}}}
	count := inventory.Mailbox{Account: account, Items: 1, Rows: []inventory.Row{{Kind: item.Tasks, Category: text, Items: 1, Folders: []string{text}, Sample: text, Product: text}}}
	backup := SnapshotView{ID: text, Folder: text, Failures: p.Skipped, Manifest: snapshot.Manifest{ID: text, Tenant: p.Tenant, Mailboxes: []snapshot.Mailbox{{
		Account: account, Folder: text, Counts: map[item.Kind]int{item.Tasks: 1}, Unreadable: []snapshot.Unreadable{{Kind: item.Tasks, Folder: text, ID: text, Title: text, Error: text}},
	}}}}
	return p, r, []inventory.Mailbox{count}, backup
}

// discovered is what was found in mailboxes, and a profile, in the same way.
func discovered(text string) (discover.Found, profile.Profile) {
	m := marker.Marker{Property: text, Kinds: item.Kinds(), Values: []string{text}}
	count := discover.Count{Items: 12_345, On: map[item.Kind]int{item.Contacts: 12_340, item.Events: 4, item.Tasks: 1}, Mailboxes: 2_000}
	found := discover.Found{
		Mailboxes: 2_000, Items: 20_000, Looked: 19_000,
		Profiles: []*discover.Profile{{Name: text, Product: text, Count: count, Generic: 1_000, Protected: 7}},
		Traces: []*discover.Trace{
			{Marker: m, Count: count, Oldest: clock().AddDate(-9, 0, 0), Newest: clock(), Sample: []string{text}, Seen: map[string]int{text: 1}, Profiles: []string{text, text}, Hint: true, Signs: []string{"known", "left by a program"}},
			{Marker: marker.Marker{Category: text}, Count: count, Sample: []string{text}, Protected: true},
		},
		Bursts: []*discover.Burst{{Mailbox: text, Minute: clock(), Items: 12_345, Kinds: count.On, Unmarked: 5, Sample: []string{text}}},
	}
	known := profile.Marker{Marker: m, Mails: true, Confidence: profile.Medium, Source: text, Note: text}
	return found, profile.Profile{
		Name: text, Product: text, Note: text, Premise: profile.Premise{Contacts: profile.Yes, Events: profile.No, Tasks: profile.Unknown, Note: text, Source: text},
		Markers: []profile.Marker{known}, Protect: []profile.Marker{known},
	}
}

// rolled is a rollout that was checked and one that stands, in the same way.
func rolled(text string) (RolloutChecked, RolloutStood) {
	account := mailbox.Account{ID: "id-1", UPN: text, Address: text, DisplayName: text, Purpose: text}
	skipped := []plan.Skipped{{Name: text, Reason: text}}
	one := rollout.Standing{Account: account, Wave: text, State: rollout.Failed, Phase: rollout.PhasePurge, Deleted: 12_345, Held: 1, Snapshot: text, Detail: text}
	checked := RolloutChecked{
		Name: text, Waves: []rollout.Part{{Wave: text, Accounts: []mailbox.Account{account, account}, Begun: true}},
		Excluded: []string{text}, Rooms: []string{text}, Held: []string{text}, Problems: skipped,
	}
	var records []rollout.Record
	for _, event := range []rollout.Event{rollout.Planned, rollout.Begun, rollout.Nothing, rollout.Answered, rollout.Verified, rollout.Refuted, rollout.Event(text)} {
		records = append(records, rollout.Record{
			Time: clock(), By: text, Event: event, Wave: text, Phase: rollout.Phase(text), Run: text, Digest: text, Covers: []string{text}, Gate: gate.Name(text), Evidence: text,
		})
	}
	return checked, RolloutStood{
		Name: text, Tenant: mailbox.Tenant{ID: text, DisplayName: text}, Skipped: skipped, Rooms: []string{text}, Records: records,
		Waves: []rollout.WaveStanding{{Wave: text, Phase: rollout.PhaseTag, Mailboxes: []rollout.Standing{one}, Counts: map[string]int{"failed": 12_345}}},
	}
}

// lookedAt is what was found about a tenant, a store and the program's own
// settings, in the same way. Names of checks, flags and snapshots are ours.
func lookedAt(text string) ([]checkup.Finding, []Setting, []StoredSnapshot, Verified, Exported) {
	account := mailbox.Account{ID: "id-1", UPN: text, Address: text, DisplayName: text, Purpose: text}
	findings := []checkup.Finding{{Check: text, State: checkup.Missing, Text: text, Fix: []string{text, text}}, {Check: "clock", State: checkup.Well, Text: text}}
	settings := []Setting{{Key: "store", Variable: "RIVA_PREP_STORE", Values: []string{text, text}, From: text}, {Key: "all", Variable: "RIVA_PREP_ALL"}}
	stored := []StoredSnapshot{
		{ID: "20260703T101400Z", Manifest: snapshot.Manifest{Created: clock(), Tenant: mailbox.Tenant{ID: text, DisplayName: text}, Compression: text}},
		{ID: "20260703T101500Z", Manifest: snapshot.Manifest{Created: clock(), Tenant: mailbox.Tenant{ID: "t"}}},
		{ID: "20260703T101600Z", Problem: text},
	}
	verified := Verified{Snapshot: text, Items: 1, Skipped: []plan.Skipped{{Name: text, Reason: text}}, Against: []drift.Mailbox{{
		Account: account, Counts: map[drift.Change]int{drift.Missing: 1}, Items: []drift.Item{{Change: drift.Missing, Kind: item.Tasks, Folder: text, ID: text, Title: text}},
	}}}
	exported := Exported{Snapshot: text, Format: text, Folder: text, Mailboxes: []ExportedMailbox{{Account: account, Result: handout.Result{
		Files: []string{text}, Items: map[item.Kind]int{item.Tasks: 1}, Notes: []handout.Note{{Kind: item.Tasks, What: text, Items: 1}},
		Left: []handout.Left{{Kind: item.Tasks, Folder: text, ID: text, Why: text}},
	}}}}
	return findings, settings, stored, verified, exported
}

// rehearsed is the run as a rehearsal, with mails to and about strangers.
func rehearsed(r run.Report, text string) run.Report {
	r.Rehearsal = &run.Rehearsal{Requests: 1, Unknown: []string{text}, Mails: []run.Mail{{Kind: "cancellation", From: text, To: []string{text}, Subject: text}}}
	return r
}

// render writes every view of the text.
func render(t *testing.T, text string, o Options) map[string]string {
	t.Helper()
	p, r, count, backup := everywhere(text)
	found, known := discovered(text)
	checked, stood := rolled(text)
	findings, settings, stored, verified, exported := lookedAt(text)
	return map[string]string{
		"checkup":   written(t, func(w io.Writer) error { return Checkup(w, o, findings) }),
		"settings":  written(t, func(w io.Writer) error { return Settings(w, o, settings) }),
		"snapshots": written(t, func(w io.Writer) error { return Snapshots(w, o, text, stored, clock()) }),
		"verify":    written(t, func(w io.Writer) error { return Verify(w, o, verified) }),
		"export":    written(t, func(w io.Writer) error { return Export(w, o, exported) }),
		"rehearsal": written(t, func(w io.Writer) error { return Run(w, o, p, rehearsed(r, text)) }),
		"discovery": written(t, func(w io.Writer) error { return Discovery(w, o, found, p.Skipped) }),
		"profiles":  written(t, func(w io.Writer) error { return Profiles(w, o, []profile.Profile{known, known}) }),
		"profile":   written(t, func(w io.Writer) error { return Profile(w, o, known) }),
		"run":       written(t, func(w io.Writer) error { return Run(w, o, p, r) }),
		"plan":      written(t, func(w io.Writer) error { return Plan(w, o, p) }),
		"inventory": written(t, func(w io.Writer) error { return Inventory(w, o, count, p.Skipped) }),
		"backup":    written(t, func(w io.Writer) error { return Snapshot(w, o, backup) }),
		"check":     written(t, func(w io.Writer) error { return RolloutCheck(w, o, checked) }),
		"status":    written(t, func(w io.Writer) error { return RolloutStatus(w, o, stood) }),
		"story":     written(t, func(w io.Writer) error { return RolloutReport(w, o, stood) }),
	}
}

// TestEveryViewIsTried: a view that is added later must be rendered of the corpus.
func TestEveryViewIsTried(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	called, views := map[string]bool{}, map[string]bool{}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			switch {
			case !ok:
			case f.Name.Name == "render":
				ast.Inspect(f, func(n ast.Node) bool {
					if call, ok := n.(*ast.CallExpr); ok {
						if id, ok := call.Fun.(*ast.Ident); ok {
							called[id.Name] = true
						}
					}
					return true
				})
			case f.Recv == nil && f.Name.IsExported() && len(f.Type.Params.List) > 2:
				if second, ok := f.Type.Params.List[1].Type.(*ast.Ident); ok && second.Name == "Options" {
					views[f.Name.Name] = true
				}
			}
		}
	}
	for name := range views {
		if !called[name] {
			t.Errorf("%s is not tried with hostile text", name)
		}
	}
	if len(views) < 14 {
		t.Errorf("only %d views", len(views))
	}
}

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// acts finds a character that does something instead of being seen.
func acts(s string) int {
	return strings.IndexFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) })
}

func TestNothingActsInAnyView(t *testing.T) {
	texts := hostile.Texts()
	if len(texts) < 500 {
		t.Fatalf("the corpus has %d texts, at least 500 are needed", len(texts))
	}
	for _, f := range Formats() {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			rows := map[string]int{}
			for _, text := range dose(texts) {
				for name, out := range render(t, text, Options{Format: f, Width: 80}) {
					checkInert(t, name, text, f, out)
					if f == Markdown {
						sameRows(t, rows, name, text, out)
					}
				}
			}
		})
	}
}

// dose is all texts, or every twentieth of them under the race detector.
func dose(texts []string) (some []string) {
	if !race.Detector {
		return texts
	}
	for i := 0; i < len(texts); i += 20 {
		some = append(some, texts[i])
	}
	return some
}

func checkInert(t *testing.T, name, text string, f Format, out string) {
	t.Helper()
	if f == CSV {
		out = strings.ReplaceAll(strings.TrimPrefix(out, "\uFEFF"), "\r\n", "\n")
	}
	if i := acts(out); i >= 0 {
		t.Fatalf("%s as %s of %q: %q at byte %d", name, f, text, out[i:min(len(out), i+8)], i)
	}
}

// sameRows holds every view to the number of rows that its first text had.
func sameRows(t *testing.T, seen map[string]int, name, text, out string) {
	t.Helper()
	rows := 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "|") {
			rows++
		}
	}
	if seen[name] == 0 {
		seen[name] = rows
	}
	if rows == 0 || rows != seen[name] {
		t.Fatalf("%s of %q has %d rows, others have %d:\n%s", name, text, rows, seen[name], out)
	}
}

func TestWidthIsKept(t *testing.T) {
	longest := strings.Repeat("x", 300)
	texts := append(dose(hostile.Common()), longest, "https://"+longest, strings.Repeat("語", 200), strings.Repeat("word ", 80), strings.Repeat("❤️", 90))
	for _, width := range []int{80, 120} {
		for _, text := range texts {
			for name, out := range render(t, text, Options{Format: Table, Width: width}) {
				keepsWidth(t, name, out, width)
			}
		}
		for name, view := range views() {
			keepsWidth(t, name, written(t, func(w io.Writer) error { return view(w, Options{Format: Table, Width: width}) }), width)
		}
	}
}

func keepsWidth(t *testing.T, name, out string, width int) {
	t.Helper()
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		// Names of files, and commands that put something right, are for copying,
		// and are never broken.
		if strings.HasPrefix(line, "folder ") || strings.HasPrefix(line, "backup ") || name == "checkup" && strings.HasPrefix(line, "  ") {
			continue
		}
		if got := twwidth.Width(line); got > width {
			t.Fatalf("%s: a line is %d wide, not %d: %s", name, got, width, line)
		}
	}
}

func TestColorAddsOnlyColor(t *testing.T) {
	for name, view := range views() {
		plainText := written(t, func(w io.Writer) error { return view(w, Options{Format: Table, Width: 90}) })
		colored := written(t, func(w io.Writer) error { return view(w, Options{Format: Table, Width: 90, Color: true}) })
		if !strings.Contains(colored, "\x1b[1m") {
			t.Errorf("%s has no colour", name)
		}
		for _, code := range []string{"0", "1", "2", "31", "32", "33"} {
			colored = strings.ReplaceAll(colored, "\x1b["+code+"m", "")
		}
		if colored != plainText {
			t.Errorf("%s says something else in colour:\n%q\n%q", name, colored, plainText)
		}
	}
}

func TestCSVHasNoLiveCell(t *testing.T) {
	for _, text := range hostile.Texts() {
		for name, out := range render(t, text, Options{Format: CSV}) {
			rows := readCSV(t, out)
			for _, field := range slices.Concat(rows...) {
				if strings.IndexAny(strings.TrimSpace(field), "=+-@") == 0 {
					t.Fatalf("%s of %q has the live cell %q", name, text, field)
				}
			}
		}
	}
}

func readCSV(t *testing.T, out string) [][]string {
	t.Helper()
	body, found := strings.CutPrefix(out, "\uFEFF")
	if !found {
		t.Fatal("no byte order mark, so Excel would misread it")
	}
	if strings.Count(body, "\n") != strings.Count(body, "\r\n") {
		t.Fatal("a line does not end in CRLF")
	}
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestJSONKeepsText(t *testing.T) {
	for _, text := range dose(hostile.Texts()) {
		want := strings.ToValidUTF8(text, "\ufffd")
		var got planData
		if err := json.Unmarshal([]byte(render(t, text, Options{Format: JSON})["plan"]), &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if title := got.Mailboxes[0].Steps[0].Title; title != want {
			t.Fatalf("%q became %q", want, title)
		}
	}
}

func TestPageIsInert(t *testing.T) {
	t.Parallel()
	for _, text := range dose(hostile.Texts()) {
		p, r, _, _ := everywhere(text)
		_, stood := rolled(text)
		for _, write := range []func(io.Writer) error{
			func(w io.Writer) error { return HTML(w, p, nil, clock()) }, func(w io.Writer) error { return HTML(w, p, &r, clock()) },
			func(w io.Writer) error { return ClosedHTML(w, p, clock()) }, func(w io.Writer) error { return RolloutReport(w, Options{Format: Page, Now: clock()}, stood) },
		} {
			out := written(t, write)
			if i := acts(out); i >= 0 {
				t.Fatalf("%q: %q at byte %d", text, out[i:i+8], i)
			}
			inert(t, out)
		}
	}
}

// TestDocumentPagesAreInert: a page of every view, and what it shows is what the
// table does.
func TestDocumentPagesAreInert(t *testing.T) {
	t.Parallel()
	for _, text := range dose(hostile.Texts()) {
		for name, out := range render(t, text, Options{Format: Page, Now: clock()}) {
			if i := acts(out); i >= 0 {
				t.Fatalf("%s of %q: %q at byte %d", name, text, out[i:i+8], i)
			}
			if strings.Contains(out, "<script") {
				t.Fatalf("%s has a script", name)
			}
			inert(t, out)
		}
	}
}

// TestDocumentPagesHaveEveryRow that Markdown has, whatever its limit, and say
// nothing else.
func TestDocumentPagesHaveEveryRow(t *testing.T) {
	for name, view := range views() {
		all := written(t, func(w io.Writer) error { return view(w, Options{Format: Markdown}) })
		out := written(t, func(w io.Writer) error { return view(w, Options{Format: Page, Rows: 2, Now: clock()}) })
		rows := 0
		for line := range strings.Lines(all) {
			if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "|:") && !strings.HasPrefix(line, "|-") {
				rows++
			}
		}
		if got := strings.Count(out, "<tr>"); got != rows || rows == 0 {
			t.Errorf("%s has %d rows, and Markdown %d", name, got, rows)
		}
		for heading := range strings.Lines(all) {
			if text, is := strings.CutPrefix(heading, "## "); is && !strings.ContainsAny(text, `\<&'"`) && !strings.Contains(out, strings.TrimSpace(text)) {
				t.Errorf("%s does not say %q", name, text)
			}
		}
	}
}

// inert allows the page's own elements and attributes and nothing else.
func inert(t *testing.T, out string) {
	t.Helper()
	elements := strings.Fields("html head meta title style body header main footer section p span h1 h2 h3 ul li dl div dt dd b small code svg rect table thead tbody tfoot tr th td details summary " +
		"noscript script label input select option button")
	attributes := strings.Fields("lang charset http-equiv content name class id scope dir role tabindex open viewbox preserveaspectratio x y width height aria-label aria-labelledby " +
		"type value hidden autocomplete spellcheck aria-sort aria-live")
	doc, err := html.ParseWithOptions(strings.NewReader(out), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(elements, n.Data) {
			t.Fatalf("the page has a %s element", n.Data)
		}
		for _, a := range n.Attr {
			if !slices.Contains(attributes, strings.ToLower(a.Key)) {
				t.Fatalf("the page's %s has the attribute %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
}

func ExampleParseFormat() {
	_, err := ParseFormat("yaml")
	fmt.Println(err)
	// Output: unknown output "yaml": use table, json, csv or markdown
}
