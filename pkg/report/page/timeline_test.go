package page

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/report/ledger"
	"github.com/riva-prep/riva-prep/pkg/run"
)

var tags = regexp.MustCompile(`<[^>]*>`)

// TestTimelineIsReadAsText: what a screen reader reads has every number.
func TestTimelineIsReadAsText(t *testing.T) {
	at := time.Date(2026, 7, 15, 0, 0, 0, 0, time.UTC)
	var steps []plan.Step
	for _, days := range []int{-400, -3, -2, 5, 5, 300} {
		steps = append(steps, plan.Step{Action: plan.Delete, Kind: item.Events, Start: at.AddDate(0, 0, days)})
	}
	steps = append(steps, plan.Step{Action: plan.Delete, Kind: item.Events, Start: at.AddDate(-1, 0, 0), Series: true}, plan.Step{Action: plan.Delete, Kind: item.Events})
	p := plan.Plan{Created: at, Rules: plan.Rules{Purpose: plan.Purge}, Mailboxes: []plan.Mailbox{{Steps: steps}}}
	out := between(written(t, ledger.Of(p, nil)), `<section aria-labelledby="timeline">`, "</section>")
	table := between(out, "<tbody>", "</tbody>")
	var lines []string
	for line := range strings.Lines(table) {
		line = strings.ReplaceAll(strings.TrimSpace(tags.ReplaceAllString(strings.ReplaceAll(line, "</td>", " "), " ")), "·", "")
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	want := []string{"2025 1 ↻ 1 1 0 1", "2026 2 → 2 2 2 0", "2027 → 1 0 1 0"}
	if strings.Join(lines, "|") != strings.Join(want, "|") {
		t.Errorf("the table reads %q, not %q", lines, want)
	}
	for _, text := range []string{"by date <small>8<", "as of 15 July 2026", "<b>3</b> past", "<b>3</b> still to come", "<b>1</b> series", "<b>1</b> of a date that the plan does not tell", `class="n m coming">2 <b>→ 2</b>`} {
		if !strings.Contains(out, text) {
			t.Errorf("it does not say %q:\n%s", text, out)
		}
	}
	for name, b := range map[string]*ledger.Book{"of a run": ledger.Of(p, &run.Report{}), "of no event": ledger.Of(plan.Plan{Created: at}, nil)} {
		if strings.Contains(written(t, b), "Events to be deleted") {
			t.Errorf("a page %s has a timeline", name)
		}
	}
}

// TestBarOfAPart keeps the parts side by side.
func TestBarOfAPart(t *testing.T) {
	whole := timelineBar(50, 30, 20, 0)
	half := whole.partOf(100, 200)
	if len(half.Parts) != 3 || half.Label != whole.Label || half.Parts[2].X+half.Parts[2].Width > 500 || half.Parts[2].X < 380 || whole.Parts[0].Width < 480 {
		t.Errorf("%+v of %+v", half, whole)
	}
}
