package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/riva-prep/riva-prep/pkg/apply"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/report/words"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

func TestParseFormat(t *testing.T) {
	for _, f := range Formats() {
		if got, err := ParseFormat(" " + strings.ToUpper(string(f)) + " "); err != nil || got != f {
			t.Errorf("%q: %q, %v", f, got, err)
		}
	}
	if _, err := ParseFormat(""); err == nil {
		t.Error("an empty format is none")
	}
}

// bigPlan has n steps and as many held items in ten mailboxes.
func bigPlan(n int) plan.Plan {
	var parts []plan.Mailbox
	for m := range 10 {
		account := anna()
		account.ID = fmt.Sprintf("id-%02d", m)
		part := plan.Mailbox{Account: account, Items: 2 * n / 10, Steps: []plan.Step{}}
		for i := range n / 10 {
			part.Steps = append(part.Steps, step(anna(), i, item.Contacts, fmt.Sprintf("Contact %d", i)))
			part.Held = append(part.Held, plan.Held{Kind: item.Events, ID: fmt.Sprintf("H%d", i), Title: "Meeting", Hazard: plan.MailsAttendees, Detail: "would mail"})
		}
		parts = append(parts, part)
	}
	return plan.Make(contoso(), plan.Rules{Purpose: plan.Purge, Kinds: item.Kinds(), Categories: []string{"x"}}, parts)
}

func TestLimitCountsWhatItLeavesOut(t *testing.T) {
	p := bigPlan(10_000)
	begun := time.Now()
	out := written(t, func(w io.Writer) error { return Plan(w, Options{Format: Table, Width: 80, Rows: 20}, p) })
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("10,000 steps took %s", took)
	}
	if n := strings.Count(out, "\n"); n > 300 {
		t.Errorf("%d lines in spite of the limit", n)
	}
	if n := strings.Count(out, "… and 9,980 more"); n != 2 {
		t.Errorf("what is left out of steps and held items is counted %d times:\n%s", n, out)
	}
}

func TestDigestIsTheLastLine(t *testing.T) {
	for name, view := range views() {
		if name == "inventory" || name == "backup" {
			continue
		}
		for _, f := range []Format{Table, Markdown} {
			for _, width := range []int{0, 40, 80} {
				out := written(t, func(w io.Writer) error { return view(w, Options{Format: f, Width: width, Rows: 1}) })
				lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
				if last := lines[len(lines)-1]; !regexp.MustCompile(`^digest sha256:[0-9a-f]{64}$`).MatchString(last) {
					t.Errorf("%s as %s, %d wide, ends in %q", name, f, width, last)
				}
			}
		}
	}
}

func TestNothingHeldOrSkippedIsLeftOut(t *testing.T) {
	for name, view := range views() {
		for _, f := range []Format{Table, Markdown} {
			out := written(t, func(w io.Writer) error { return view(w, Options{Format: f, Rows: 1}) })
			if name != "tag" && !strings.Contains(out, "gone@contoso.example") {
				t.Errorf("%s as %s does not name the skipped mailbox", name, f)
			}
			if name != "purge" && name != "run" {
				continue
			}
			for hazard, n := range purgePlan().Totals().HeldBy {
				if want := words.Items(n) + ", " + string(hazard) + ": " + hazard.Explain(); !strings.Contains(out, want) {
					t.Errorf("%s as %s does not say %q", name, f, want)
				}
			}
		}
	}
}

func TestTagSummarySaysWhatItRestsOn(t *testing.T) {
	p := tagPlan()
	all := written(t, func(w io.Writer) error { return Plan(w, Options{Format: Table}, p) })
	p.Rules.Categories = []string{"Sync with Salesforce"}
	some := written(t, func(w io.Writer) error { return Plan(w, Options{Format: Table}, p) })
	if !strings.Contains(all, "tags everything that remains") || !strings.Contains(some, `but for items that carry "Sync with Salesforce"`) {
		t.Errorf("rules are not told apart:\n%s\n%s", all, some)
	}
	if !strings.Contains(all, "take care\n1 item to be changed, mails-attendees") {
		t.Errorf("a hazard that the rules allow is not told:\n%s", all)
	}
}

func TestCSVHasARowForEverything(t *testing.T) {
	p, r := purgePlan(), brokenRun()
	totals := p.Totals()
	want := totals.Steps() + totals.Held + len(p.Skipped)
	planned := readCSV(t, written(t, func(w io.Writer) error { return Plan(w, Options{Format: CSV, Rows: 1}, p) }))
	ran := readCSV(t, written(t, func(w io.Writer) error { return Run(w, Options{Format: CSV, Rows: 1}, p, r) }))
	if len(planned)-1 != want || len(ran)-1 != want {
		t.Errorf("%d and %d rows for %d items", len(planned)-1, len(ran)-1, want)
	}
	statuses := map[string]int{}
	for _, row := range ran[1:] {
		statuses[row[5]]++
	}
	counts := map[string]int{
		"done": r.Result.Done, "skipped": r.Result.Skipped, "refused": r.Result.Refused, "unknown": r.Result.Unknown,
		"pending": r.Result.Pending, "held": totals.Held, "mailbox-skipped": len(p.Skipped),
	}
	for status, n := range counts {
		if n == 0 || statuses[status] != n {
			t.Errorf("%d rows are %s, %d were expected", statuses[status], status, n)
		}
	}
	if got := strings.Join(planned[0], " "); got != "mailbox mailboxId kind folder action status title categoriesBefore categoriesAfter hazard reason id version" {
		t.Errorf("columns are %s", got)
	}
}

func TestJSONCountsAgree(t *testing.T) {
	p, r := purgePlan(), brokenRun()
	var got map[string]any
	decode(t, &got, func(w io.Writer) error { return Run(w, Options{Format: JSON, Rows: 1}, p, r) })
	counts := map[string]int{
		"done": r.Result.Done, "skipped": r.Result.Skipped, "refused": r.Result.Refused,
		"unknown": r.Result.Unknown, "pending": r.Result.Pending, "held": p.Totals().Held,
	}
	for name, n := range counts {
		if got[name] != float64(n) {
			t.Errorf("%s is %v, not %d", name, got[name], n)
		}
	}
	lists := map[string]int{
		"others": r.Result.Steps() - r.Result.Done, "doneSteps": r.Result.Done, "heldItems": p.Totals().Held, "mailboxes": 3, "skippedMailboxes": 1,
	}
	for name, n := range lists {
		if list, ok := got[name].([]any); !ok || len(list) != n {
			t.Errorf("%s has %d elements, not %d", name, len(list), n)
		}
	}
	for name, want := range map[string]any{"run": r.Run, "digest": p.Digest(), "snapshot": r.Snapshot, "folder": r.Folder, "resumed": true, "finished": false} {
		if got[name] != want {
			t.Errorf("%s is %v, not %v", name, got[name], want)
		}
	}
}

func decode(t *testing.T, into any, write func(io.Writer) error) {
	t.Helper()
	if err := json.Unmarshal([]byte(written(t, write)), into); err != nil {
		t.Fatal(err)
	}
}

func TestPlanReadsBackFromJSON(t *testing.T) {
	p := purgePlan()
	var got planData
	decode(t, &got, func(w io.Writer) error { return Plan(w, Options{Format: JSON}, p) })
	back := plan.Plan{Tenant: got.Tenant, Rules: got.Rules, Mailboxes: got.Mailboxes}
	// Bytes that are no text cannot come back; JSON has no place for them.
	for i, s := range p.Mailboxes[0].Steps {
		p.Mailboxes[0].Steps[i].Title = strings.ToValidUTF8(s.Title, "\ufffd")
	}
	if got.Digest != purgePlan().Digest() || back.Digest() != p.Digest() || got.Totals.Steps() != p.Totals().Steps() {
		t.Errorf("digest %s, totals %+v", got.Digest, got.Totals)
	}
}

// A run that broke off before its first mailbox has no results at all.
func TestStepsWithoutResultArePending(t *testing.T) {
	p := purgePlan()
	steps := p.Totals().Steps()
	var got struct {
		ledger.Tally
		Mailboxes         []ledger.Box
		Others, DoneSteps []apply.Outcome
	}
	decode(t, &got, func(w io.Writer) error { return Run(w, Options{Format: JSON}, p, run.Report{Run: "r"}) })
	if got.Done != 0 || got.Pending != steps || len(got.Others) != steps || len(got.DoneSteps) != 0 {
		t.Errorf("%+v, %d others", got.Tally, len(got.Others))
	}
	sum := 0
	for _, m := range got.Mailboxes {
		sum += m.Pending
	}
	if sum != steps {
		t.Errorf("mailboxes have %d pending, %d were planned", sum, steps)
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	for name, write := range map[string]func(io.Writer) error{
		"plan":      func(w io.Writer) error { return Plan(w, Options{Format: JSON}, plan.Plan{}) },
		"run":       func(w io.Writer) error { return Run(w, Options{Format: JSON}, plan.Plan{}, run.Report{}) },
		"inventory": func(w io.Writer) error { return Inventory(w, Options{Format: JSON}, nil, nil) },
	} {
		var got map[string]any
		decode(t, &got, write)
		if list, ok := got["mailboxes"].([]any); !ok || len(list) != 0 {
			t.Errorf("%s has mailboxes %v", name, got["mailboxes"])
		}
	}
}

func TestPageFiguresAgree(t *testing.T) {
	p, r := purgePlan(), brokenRun()
	out := written(t, func(w io.Writer) error { return HTML(w, p, &r, clock()) })
	rows := sectionRows(t, out)
	want := map[string]int{
		"skipped": 1, "trouble": 2, "others": r.Result.Steps() - r.Result.Done, "held": p.Totals().Held, "mailboxes": 3, "items": p.Totals().Steps(),
	}
	for section, n := range want {
		if rows[section] != n {
			t.Errorf("section %s has %d rows, not %d", section, rows[section], n)
		}
	}
	for _, n := range []int{r.Result.Done, r.Result.Steps() - r.Result.Done, p.Totals().Held} {
		if !strings.Contains(out, "<b>"+strconv.Itoa(n)+"</b>") {
			t.Errorf("no figure says %d", n)
		}
	}
}

// sectionRows counts the rows in each section of a page without its script.
func sectionRows(t *testing.T, out string) map[string]int {
	t.Helper()
	doc, err := html.ParseWithOptions(strings.NewReader(out), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for n := range doc.Descendants() {
		if n.Data == "tr" && n.Parent.Data == "tbody" {
			rows[sectionOf(n)]++
		}
		if n.Data == "th" && attr(n, "scope") == "" {
			t.Error("a header cell does not say what it heads")
		}
	}
	return rows
}

// TestPageWithoutItsScript shows what is held and a thousand steps, says how
// many more there are, and still has all items for the script.
func TestPageWithoutItsScript(t *testing.T) {
	p := many(3000)
	out := written(t, func(w io.Writer) error { return HTML(w, p, nil, clock()) })
	rows := sectionRows(t, out)
	if rows["items"] != 1000 || rows["held"] != 60 || rows["mailboxes"] != 10 || rows["categories"] != 2 {
		t.Errorf("%v", rows)
	}
	for _, says := range []string{"The first 1,000 steps are below, and 1,940 more are in --output csv.", `{"rows":3000,"header":["mailbox","mailboxId",`, `"label":"3000 rows of ` + p.Digest() + `"`} {
		if !strings.Contains(out, says) {
			t.Errorf("the page does not say %q", says)
		}
	}
}

// TestClosedPageAsksNobody: of a plan that no list of decisions is taken for,
// people find the same items and cannot tick any.
func TestClosedPageAsksNobody(t *testing.T) {
	p := many(300)
	open := written(t, func(w io.Writer) error { return HTML(w, p, nil, clock()) })
	closed := written(t, func(w io.Writer) error { return ClosedHTML(w, p, clock()) })
	if a, b := sectionRows(t, open), sectionRows(t, closed); !maps.Equal(a, b) || !strings.Contains(closed, `{"rows":300}`) {
		t.Errorf("%v and %v", a, b)
	}
	for _, says := range []string{"Save decisions", "Tick what", `"label":`, `id="keep-all"`} {
		if !strings.Contains(open, says) || strings.Contains(closed, says) {
			t.Errorf("%q: %v, %v", says, strings.Contains(open, says), strings.Contains(closed, says))
		}
	}
}

// TestRolloutPages: each mailbox in its wave and each record, and no script.
func TestRolloutPages(t *testing.T) {
	o := Options{Format: Page, Now: clock()}
	status := written(t, func(w io.Writer) error { return RolloutStatus(w, o, stoodRollout()) })
	story := written(t, func(w io.Writer) error { return RolloutReport(w, o, stoodRollout()) })
	if a, b := strings.Count(status, "<tr>"), strings.Count(story, "<tr>"); a < 3+6+2 || b < 3+6+2 {
		t.Errorf("%d and %d rows", a, b)
	}
	for _, out := range []string{status, story} {
		if !strings.Contains(out, "hall@contoso.example") || strings.Contains(out, "<script") || strings.Contains(out, "script-src") {
			t.Errorf("%.3000s", out)
		}
	}
	if !strings.Contains(status, "2 steps refused: &lt;b&gt;423") {
		t.Error("the page does not say why a mailbox failed")
	}
}

func sectionOf(n *html.Node) string {
	for ; n != nil; n = n.Parent {
		if n.Data == "section" {
			return attr(n, "aria-labelledby")
		}
	}
	return ""
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// full is a disk with room for only so many bytes.
type full struct{ room int }

var errFull = errors.New("disk full")

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestFullDiskIsAnError(t *testing.T) {
	for name, view := range views() {
		for _, f := range Formats() {
			for _, room := range []int{0, 100} {
				if err := view(&full{room}, Options{Format: f}); !errors.Is(err, errFull) {
					t.Errorf("%s as %s: %v", name, f, err)
				}
			}
		}
	}
	for name, page := range pages() {
		size := len(written(t, page))
		for room := 0; room < size; room += 4000 {
			if err := page(&full{room}); !errors.Is(err, errFull) {
				t.Errorf("page %s, %d bytes: %v", name, room, err)
			}
		}
	}
}

func TestUnknownFormatIsRefused(t *testing.T) {
	var out bytes.Buffer
	if err := Plan(&out, Options{Format: "yaml"}, plan.Plan{}); err == nil || out.Len() > 0 {
		t.Errorf("error %v after %d bytes", err, out.Len())
	}
}

func TestNoticeOfAnEncryptedSnapshotSaysWhereItIs(t *testing.T) {
	v := backupView()
	v.Manifest.Mailboxes[0].Notices = []snapshot.Notice{{Kind: item.Events, Incomplete: true}}
	for _, format := range Formats() {
		var out bytes.Buffer
		if err := Snapshot(&out, Options{Format: format}, v); err != nil {
			t.Fatal(err)
		}
		want := "stands in mailbox.json"
		if format == JSON { // as the manifest has it
			want = `"incomplete": 1`
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s:\n%s", format, out.String())
		}
	}
}
