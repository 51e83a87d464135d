package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/plan"
	"github.com/riva-prep/riva-prep/pkg/plan/decide"
)

var (
	axe     = flag.String("axe", "", "look for barriers with axe-core in this `FILE` (scripts/axe/check)")
	shots   = flag.String("shots", "", "leave screenshots of the pages in this `DIR`")
	timings = flag.Bool("timings", false, "measure a page of 50,000 items")
)

// file writes a page and gives its path.
func file(t *testing.T, p plan.Plan) string {
	t.Helper()
	var out bytes.Buffer
	if err := HTML(&out, p, nil, clock()); err != nil {
		t.Fatal(err)
	}
	return put(t, "report.html", out.Bytes())
}

func put(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// many is a plan of n items in ten mailboxes, every fiftieth held.
func many(n int) plan.Plan {
	var boxes []plan.Mailbox
	for b := range 10 {
		m := plan.Mailbox{Account: anna(), Items: n / 5, Steps: []plan.Step{}, Held: []plan.Held{}}
		m.Account.ID = fmt.Sprintf("00000000-0000-0000-0000-%012d", b)
		m.Account.UPN = fmt.Sprintf("user%d@contoso.example", b)
		m.Account.Address = m.Account.UPN
		for i := range n / 10 {
			s := step(m.Account, i, item.Kinds()[i%3], fmt.Sprintf("%s %d of user %d", []string{"Ärztekammer", "Fabrikam", "Call Ingrid", "Zoë"}[i%4], i*7919%n, b))
			s.ID = fmt.Sprintf("AAMkADoSf9Xl1thmePohOdlCR1GkUJIGXb85bMRcC-I8fZVTS7BBcccsuk23orgyPUvwCjweXVrg5PAA%d%08d", b, i)
			s.Folder = fmt.Sprintf("Root/%s/%d", s.Kind, i%7)
			if i%50 != 0 {
				m.Steps = append(m.Steps, s)
				continue
			}
			m.Held = append(m.Held, plan.Held{
				Kind: s.Kind, Folder: s.Folder, ID: s.ID, Title: s.Title, Categories: s.Before,
				Hazard: plan.Hazards()[i/50%3], Detail: "as the rules say",
			})
		}
		m.Sort()
		boxes = append(boxes, m)
	}
	p := plan.Make(contoso(), purgePlan().Rules, boxes)
	p.Created = clock()
	return p
}

// TestPagesInABrowser has a real browser open the pages, find, sort, decide and
// print in them.
func TestPagesInABrowser(t *testing.T) {
	c := startChromium(t)
	for name, test := range map[string]func(*testing.T, *chromium){
		"opens": opens, "complaints are seen": complaintsAreSeen, "finds and sorts": findsAndSorts, "scrolls": scrolls,
		"agrees with the JSON": agreesWithTheJSON, "decisions": decisions, "takes decisions back": takesBack, "by keyboard": byKeyboard, "looks": looks,
	} {
		t.Run(name, func(t *testing.T) {
			c.open(t)
			test(t, c)
		})
	}
}

// opens opens the pages as people do, without a network.
func opens(t *testing.T, c *chromium) {
	t.Helper()
	for name, p := range map[string]plan.Plan{"plan": purgePlan(), "tags": tagPlan(), "many": many(3000)} {
		path := file(t, p)
		c.forget()
		c.load(path)
		var rows int
		c.run(`document.querySelectorAll("#body tr:not(.space)").length`, &rows)
		if want := min(30, p.Totals().Steps()+p.Totals().Held); rows < min(want, 2) || rows > 100 {
			t.Errorf("%s: %d rows are drawn", name, rows)
		}
		if bad := c.complaints(path); len(bad) > 0 {
			t.Errorf("%s: %q", name, bad)
		}
	}
}

// complaintsAreSeen: what the test above rests on must see a mistake.
func complaintsAreSeen(t *testing.T, c *chromium) {
	t.Helper()
	var out bytes.Buffer
	if err := HTML(&out, purgePlan(), nil, clock()); err != nil {
		t.Fatal(err)
	}
	for name, planted := range map[string]string{
		"an image": `<img src="https://example.invalid/x.png">`, "a script": `<script>console.log(1)</script>`,
		"a style": `<p style="color:red">x</p>`, "a handler": `<p onclick="x()">x</p><img src="file:///x.png">`,
	} {
		path := put(t, "planted.html", bytes.Replace(out.Bytes(), []byte("</main>"), []byte(planted+"</main>"), 1))
		c.forget()
		c.load(path)
		if len(c.complaints(path)) == 0 {
			t.Errorf("%s was not seen", name)
		}
	}
}

func findsAndSorts(t *testing.T, c *chromium) {
	t.Helper()
	p := many(3000)
	c.load(file(t, p))
	// shown does something and gives the summary, once it begins as wanted or a
	// while after: the page waits for the end of typing.
	shown := func(does, want string) (s string) {
		c.run(fmt.Sprintf(`(async () => {
			%s
			const summary = () => document.getElementById("summary").textContent;
			for (let i = 0; i < 500 && !summary().startsWith(%q); i++) await new Promise((done) => setTimeout(done, 20));
			return summary();
		})()`, does, want), &s)
		return s
	}
	totals := p.Totals()
	all := fmt.Sprintf("Showing 3,000 of 3,000: %d held, 2,940 delete. 0 ticked to be kept.", totals.Held)
	also := fmt.Sprintf("Showing 3,000 of 3,000: 2,940 delete, %d held. 0 ticked to be kept.", totals.Held)
	if got := shown("", "Showing 3,000"); got != all && got != also {
		t.Errorf("%q", got)
	}
	for does, want := range map[string]string{
		`type("arztekammer")`:                           "Showing 750 of",
		`type("AERZTE")`:                                "Showing 0 of",
		`type("zoe user3@")`:                            "Showing 75 of",
		`type("mails-attendees")`:                       "Showing 20 of",
		`choose("by-kind", "events")`:                   "Showing 1,000 of",
		`choose("by-mailbox", "user4@contoso.example")`: "Showing 300 of",
		`choose("by-step", "held")`:                     "Showing 60 of",
		`document.querySelector("#body input:enabled").click(); choose("by-step", "\u0000ticked")`: "Showing 1 of 3,000: 1 delete. 1 ticked",
		`choose("by-category", "Blue")`: "Showing 3,000 of",
	} {
		got := shown(`
			const set = (id, value, kind) => { const e = document.getElementById(id); e.value = value; e.dispatchEvent(new Event(kind)); };
			set("search", "", "input"); // the lists below find at once, and by what stands there
			for (const id of ["by-kind", "by-mailbox", "by-step", "by-category"]) set(id, "", "change");
			document.getElementById("keep-none").click();
			const type = (s) => set("search", s, "input"), choose = (id, s) => set(id, s, "change");
			`+does, want)
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, not %q", does, got, want)
		}
	}
	c.open(t) // the page before may have something that is not saved, and would ask
	c.load(file(t, p))
	first := func() (s string) {
		c.run(`document.querySelector("#body .title").textContent`, &s)
		return s
	}
	c.run(`document.querySelector("th.c-Title button").click()`, nil)
	if got := first(); !strings.HasPrefix(got, "Ärztekammer 1") && !strings.HasPrefix(got, "Ärztekammer 0") {
		t.Errorf("sorted by title, %q is first", got)
	}
	c.run(`document.querySelector("th.c-Title button").click()`, nil)
	if got := first(); !strings.HasPrefix(got, "Zoë ") {
		t.Errorf("sorted backwards, %q is first", got)
	}
}

// scrolls: rows come into sight as a person scrolls, to the last.
func scrolls(t *testing.T, c *chromium) {
	t.Helper()
	p := many(3000)
	c.load(file(t, p))
	var last string
	c.run(`document.getElementById("rows").scrollTop = 1e9`, nil)
	c.until(`[...document.querySelectorAll("#body tr")].some((tr) => tr.getAttribute("aria-rowindex") === "3001")`)
	c.run(`[...document.querySelectorAll("#body tr:not(.space)")].at(-1).querySelector(".c-Mailbox").textContent`, &last)
	if last != "user9@contoso.example" {
		t.Errorf("the last row is of %s", last)
	}
	var visible bool
	c.run(`(() => { const b = document.getElementById("rows").getBoundingClientRect(), r = [...document.querySelectorAll("#body tr:not(.space)")].at(-1).getBoundingClientRect(); return r.bottom <= b.bottom + 2 && r.top > b.top; })()`, &visible)
	if !visible {
		t.Error("the last row is not in sight at the end")
	}
}

// agreesWithTheJSON: the same numbers in every view.
func agreesWithTheJSON(t *testing.T, c *chromium) {
	t.Helper()
	for name, p := range map[string]plan.Plan{"plan": purgePlan(), "tags": tagPlan(), "many": many(3000)} {
		var out bytes.Buffer
		if err := Plan(&out, Options{Format: JSON}, p); err != nil {
			t.Fatal(err)
		}
		var data planData
		if err := json.Unmarshal(out.Bytes(), &data); err != nil {
			t.Fatal(err)
		}
		c.load(file(t, p))
		var got struct {
			Figures, Foot, Legend string
			Rows                  int
		}
		c.run(`({Figures: document.querySelector(".figures").textContent, Foot: document.querySelector("tfoot").textContent,
			Legend: document.getElementById("summary").textContent, Rows: +document.querySelector(".rows table").getAttribute("aria-rowcount")})`, &got)
		totals := data.Totals
		for _, n := range []int{totals.Steps(), totals.Held, totals.Mailboxes, totals.Items} {
			if !strings.Contains(strings.ReplaceAll(got.Figures, ",", ""), fmt.Sprint(n)) {
				t.Errorf("%s: %d is not in %q", name, n, got.Figures)
			}
		}
		foot := strings.ReplaceAll("Total"+fmt.Sprint(totals.Deletes)+fmt.Sprint(totals.Tags)+fmt.Sprint(totals.Held)+fmt.Sprint(totals.Already)+fmt.Sprint(totals.Items), ",", "")
		if strings.ReplaceAll(got.Foot, ",", "") != foot || got.Rows != totals.Steps()+totals.Held+1 {
			t.Errorf("%s: %q and %d rows, not %q and %d", name, got.Foot, got.Rows, foot, totals.Steps()+totals.Held+1)
		}
	}
}

// saved ticks items in the page and gives the file that it saves.
func saved(t *testing.T, c *chromium, page, tick string) decide.List {
	t.Helper()
	dir := t.TempDir()
	c.call("Browser.setDownloadBehavior", params{"behavior": "allow", "downloadPath": dir}, nil)
	c.load(page)
	c.run(`(() => {`+tick+`; document.getElementById("save").click(); })()`, nil)
	for range 500 {
		names, err := filepath.Glob(filepath.Join(dir, "*.csv"))
		if err != nil {
			t.Fatal(err)
		}
		if len(names) == 1 {
			data, err := os.ReadFile(names[0])
			if err != nil {
				t.Fatal(err)
			}
			if len(data) > 0 { // the browser keeps the name with an empty file first
				return decide.List{Name: filepath.Base(names[0]), Data: data}
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("the page saved nothing")
	return decide.List{}
}

// decisions: what is ticked in the page, and in the pages of two
// users, is what the new plan keeps.
func decisions(t *testing.T, c *chromium) {
	t.Helper()
	p := purgePlan()
	const nothing, first = ``, `document.querySelector("#body input:enabled").click()`
	whole := saved(t, c, file(t, p), nothing)
	o, err := decide.Decide(p, whole)
	if err != nil || o.Kept != 0 || o.Silent != 0 || o.Plan.Digest() != p.Digest() || whole.Name != "decisions.csv" {
		t.Fatalf("%s: kept %d, %v", whole.Name, o.Kept, err)
	}
	everything, err := decide.Decide(p, saved(t, c, file(t, p), `document.getElementById("keep-all").click()`))
	if err != nil || everything.Kept != 21 || everything.Plan.Totals().Steps() != 0 {
		t.Fatalf("kept %d, %v", everything.Kept, err)
	}
	pages := map[string]string{}
	n, err := Sheets(p, nil, clock(), func(name string, data []byte) error {
		pages[name] = put(t, name, data)
		return nil
	})
	if err != nil || n != 2 {
		t.Fatalf("%d sheets, %v", n, err)
	}
	anna := saved(t, c, pages["anna@contoso.example.html"], first)
	if o, err := decide.Decide(p, anna); err != nil || o.Kept != 1 || o.Silent != 1 || anna.Name != "decisions of anna@contoso.example.csv" {
		t.Errorf("%s: kept %d, silent %d, %v", anna.Name, o.Kept, o.Silent, err)
	}
	boris := saved(t, c, pages["boris.with.a.long.address@sales.contoso.example.html"], `document.getElementById("keep-all").click()`)
	o, err = decide.Decide(p, whole, anna, boris)
	if err != nil || o.Kept != 3 || o.Silent != 0 || len(o.Disputed) != 3 {
		t.Errorf("kept %d, disputed %d, %v", o.Kept, len(o.Disputed), err)
	}
	if _, err := decide.Decide(tagPlan(), anna); err == nil || !strings.Contains(err.Error(), "it would say") {
		t.Errorf("of another plan: %v", err)
	}
}

// takesBack: what somebody had decided to keep can be unticked, one by one, and
// nothing else of what is held.
func takesBack(t *testing.T, c *chromium) {
	t.Helper()
	p := purgePlan()
	o, err := decide.Decide(p, saved(t, c, file(t, p), `document.querySelectorAll("#body input:enabled").forEach((e, i) => i < 2 && e.click())`))
	if err != nil || o.Kept != 2 {
		t.Fatalf("kept %d, %v", o.Kept, err)
	}
	path := file(t, o.Plan)
	c.load(path)
	var page struct{ Ticked, Answered int }
	c.run(`({Ticked: document.querySelectorAll("#body input:enabled:checked").length,
		Answered: [...document.querySelectorAll("#body td.keep")].filter((td) => td.querySelector(":disabled") && td.title.includes("what can be done: ")).length})`, &page)
	if page.Ticked != 2 || page.Answered < 1 || strings.Contains(o.Plan.Digest(), p.Digest()) {
		t.Errorf("%+v", page)
	}
	const untick = `document.querySelector("#body input:enabled:checked").click()`
	for does, again := range map[string]int{
		``: 0, `document.getElementById("keep-none").click()`: 0, untick: 1, untick + ";" + untick: 2,
		untick + `; document.getElementById("keep-all").click(); document.getElementById("keep-none").click()`: 1,
		untick + `; document.querySelector("tr:not(.kept) input:enabled").click()`:                             1,
	} {
		got, err := decide.Decide(o.Plan, saved(t, c, path, does))
		if err != nil || got.Again != again {
			t.Errorf("%s: %d again, not %d: %v", does, got.Again, again, err)
		}
		var summary string
		c.run(`document.getElementById("summary").textContent`, &summary)
		if want := fmt.Sprintf("%d to be done after all.", again); strings.Contains(summary, want) != (again > 0) {
			t.Errorf("%s: %q", does, summary)
		}
	}
}

// byKeyboard: everything can be reached and done without a mouse.
func byKeyboard(t *testing.T, c *chromium) {
	t.Helper()
	c.load(file(t, many(3000)))
	press := func(key string) {
		code := map[string]int{"Tab": 9, "ArrowDown": 40, " ": 32, "Enter": 13}[key]
		text := map[string]string{" ": " ", "Enter": "\r"}[key]
		c.call("Input.dispatchKeyEvent", params{"type": "keyDown", "key": key, "code": map[string]string{" ": "Space"}[key], "windowsVirtualKeyCode": code, "text": text}, nil)
		c.call("Input.dispatchKeyEvent", params{"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}, nil)
	}
	c.run(`document.querySelector("#body input:enabled").focus()`, nil)
	press(" ")
	for range 60 { // further than was drawn
		press("ArrowDown")
	}
	press(" ")
	var at, kept string
	c.run(`document.activeElement.closest("tr")?.getAttribute("aria-rowindex") || "none"`, &at)
	c.run(`document.getElementById("summary").textContent`, &kept)
	if !slices.Contains([]string{"62", "63", "64"}, at) || !strings.HasSuffix(kept, " 2 ticked to be kept.") {
		t.Errorf("row %s has the focus; %s", at, kept)
	}
	press("Tab")
	press("Enter")
	var detail string
	c.run(`document.getElementById("detail").textContent`, &detail)
	if !strings.Contains(detail, "Folder") || !strings.Contains(detail, "Root/") {
		t.Errorf("the chosen item is shown as %q", detail)
	}
}

func (c *chromium) leave(name, data string) {
	raw, err := base64.StdEncoding.DecodeString(data)
	if err != nil || len(raw) < 1000 {
		c.t.Fatalf("%s: %d bytes, %v", name, len(raw), err)
	}
	if *shots == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*shots, name), raw, 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// looks goes through the ways in which a page is looked at: nothing may
// stick out, and paper has every row.
func looks(t *testing.T, c *chromium) {
	t.Helper()
	long, broken := many(3000), brokenRun()
	var ended bytes.Buffer
	if err := HTML(&ended, purgePlan(), &broken, clock()); err != nil {
		t.Fatal(err)
	}
	users, _ := sheets(t, purgePlan(), nil)
	for name, look := range map[string]struct {
		path string
		rows int
	}{
		"backup": {put(t, "backup.html", []byte(written(t, func(w io.Writer) error { return Snapshot(w, Options{Format: Page, Now: clock()}, backupView()) }))), 0},
		"plan":   {file(t, purgePlan()), 24}, "long": {file(t, long), 2000}, "tags": {file(t, tagPlan()), 2},
		"run": {put(t, "run.html", ended.Bytes()), 24}, "user": {put(t, "user.html", []byte(users["anna@contoso.example.html"])), 21},
	} {
		path := look.path
		for look, width := range map[string]int{"light": 1280, "dark": 1280, "phone": 390} {
			if name == "long" && look != "light" && *axe == "" { // 3,000 rows take their time
				continue
			}
			c.call("Emulation.setDeviceMetricsOverride", params{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
			scheme := strings.Replace(look, "phone", "light", 1)
			c.call("Emulation.setEmulatedMedia", params{"features": []params{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
			c.load(path)
			var wide int
			c.run(`document.documentElement.scrollWidth`, &wide)
			if wide > width {
				t.Errorf("%s, %s: the page is %d wide on a screen of %d", name, look, wide, width)
			}
			var lists, cut int
			c.run(`[...document.querySelectorAll(".wide")].filter(e => !e.querySelector(".n")).length`, &lists)
			c.run(`[...document.querySelectorAll(".wide")].filter(e => !e.querySelector(".n") && e.scrollWidth > e.clientWidth).length`, &cut)
			if cut > 0 || lists == 0 && name == "backup" {
				t.Errorf("%s, %s: %d of %d lists are cut off at the right", name, look, cut, lists)
			}
			barriers(t, c, name+" "+look)
			c.whole(name + "-" + look + ".png")
			if name == "tags" && *axe != "" { // it must see a mistake
				c.run(`document.querySelector("main").insertAdjacentHTML("beforeend", "<input><p id=pale>pale</p>"); document.getElementById("pale").style.color = "#ccc"`, nil)
				if found := violations(t, c); len(found) < 1 {
					t.Errorf("%s: axe-core sees nothing", look)
				}
			}
		}
		c.call("Emulation.clearDeviceMetricsOverride", nil, nil)
		c.load(path)
		var pdf struct{ Data string }
		c.run(`addEventListener("beforeprint", () => { window.printed = document.querySelectorAll("#body tr:not(.space)").length; })`, nil)
		c.call("Page.printToPDF", params{"printBackground": false}, &pdf)
		c.leave(name+".pdf", pdf.Data)
		var printed int
		c.run(`window.printed`, &printed)
		if printed != look.rows {
			t.Errorf("%s: %d rows are printed, not %d", name, printed, look.rows)
		}
	}
}

// whole takes a picture of the page down to its end.
func (c *chromium) whole(name string) {
	if *shots == "" {
		return
	}
	var out struct{ Data string }
	c.call("Page.captureScreenshot", params{"captureBeyondViewport": true}, &out)
	c.leave(name, out.Data)
}

// barriers asks axe-core what keeps people out of the page.
func barriers(t *testing.T, c *chromium, name string) {
	t.Helper()
	if *axe == "" {
		return
	}
	if found := violations(t, c); len(found) > 0 {
		t.Errorf("%s: %q", name, found)
	}
}

// violations are what is serious or critical among them.
func violations(t *testing.T, c *chromium) []string {
	t.Helper()
	source, err := os.ReadFile(*axe)
	if err != nil {
		t.Fatal(err)
	}
	c.run(string(source)+"; 0", nil)
	var found struct {
		Passes     int
		Violations []string
	}
	c.run(`axe.run().then((r) => ({Passes: r.passes.length, Violations: r.violations.filter((v) => v.impact === "serious" || v.impact === "critical")
		.map((v) => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + " " + n.failureSummary).join(" | "))}))`, &found)
	if found.Passes < 20 {
		t.Errorf("only %d rules were looked at", found.Passes)
	}
	return found.Violations
}

// TestFiftyThousandItems measures how long a person waits, from the event to
// the frame that shows what came of it. docs/benchmarks.md has the figures.
func TestFiftyThousandItems(t *testing.T) {
	if !*timings {
		t.Skip("skipped: -timings measures it")
	}
	c := startChromium(t)
	c.open(t)
	path := file(t, many(50_000))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("| page of 50,000 items | %.1f MB |", float64(info.Size())/1e6)
	start := time.Now()
	c.load(path)
	c.until(`document.getElementById("summary").textContent.startsWith("Showing 50,000")`)
	t.Logf("| opened | %d ms |", time.Since(start).Milliseconds())
	const set = `const set = (id, value, kind) => { const e = document.getElementById(id); e.value = value; e.dispatchEvent(new Event(kind)); };`
	for _, one := range []struct{ what, before, does string }{
		{"search", `set("search", "", "input")`, `set("search", "arztekammer 2", "input")`},
		{"search of two words in all columns", `set("search", "", "input")`, `set("search", "zoe user3@", "input")`},
		{"filter by kind", `set("by-kind", "", "change")`, `set("by-kind", "events", "change")`},
		{"filter by category", `set("by-category", "", "change")`, `set("by-category", "Blue", "change")`},
		{"all again", `set("by-kind", "tasks", "change")`, `set("by-kind", "", "change")`},
		{"sort by title, the first time", ``, `document.querySelector("th.c-Title button").click()`},
		{"sort by title, again", ``, `document.querySelector("th.c-Title button").click()`},
		{"sort by folder", ``, `document.querySelector("th.c-Folder button").click()`},
		{"scroll to the end", `document.getElementById("rows").scrollTop = 0`, `document.getElementById("rows").scrollTop = 1e9`},
		{"tick one", ``, `document.querySelector("#body input:enabled").click()`},
		{"keep all", `document.getElementById("keep-none").click()`, `document.getElementById("keep-all").click()`},
	} {
		var took []float64
		for range 9 {
			if strings.Contains(one.what, "first") {
				if len(took) > 0 {
					break
				}
				c.load(path)
				c.until(`document.getElementById("summary").textContent.startsWith("Showing 50,000")`)
			}
			var ms float64
			c.run(`(async () => {`+set+`
				const pause = (ms) => new Promise((done) => setTimeout(done, ms)), frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
				`+one.before+`; await pause(`+map[bool]string{true: "0", false: "300"}[one.before == "" && strings.Contains(one.what, "first")]+`);
				const typed = `+fmt.Sprint(strings.HasPrefix(one.what, "search"))+`;
				const start = performance.now();
				const changed = new Promise((done) => typed ? new MutationObserver(done).observe(document.getElementById("summary"), {childList: true}) : done());
				`+one.does+`;
				await changed; await frame();
				return performance.now() - start;
			})()`, &ms)
			took = append(took, ms)
		}
		slices.Sort(took)
		t.Logf("| %s | %.0f ms, at most %.0f |", one.what, took[len(took)/2], took[len(took)-1])
	}
}
