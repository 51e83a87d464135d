package report

import (
	"bytes"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// views are all views of the sample, by name.
func views() map[string]func(io.Writer, Options) error {
	return map[string]func(io.Writer, Options) error{
		"inventory": func(w io.Writer, o Options) error {
			return Inventory(w, o, boxes(), purgePlan().Skipped)
		},
		"purge":     func(w io.Writer, o Options) error { return Plan(w, o, purgePlan()) },
		"tag":       func(w io.Writer, o Options) error { return Plan(w, o, tagPlan()) },
		"run":       func(w io.Writer, o Options) error { return Run(w, o, purgePlan(), brokenRun()) },
		"rehearsal": func(w io.Writer, o Options) error { return Run(w, o, purgePlan(), rehearsedRun()) },
		"backup": func(w io.Writer, o Options) error {
			return Snapshot(w, o, backupView())
		},
	}
}

// rolloutViews are all views of a rollout, which has neither digest nor items.
func rolloutViews() map[string]func(io.Writer, Options) error {
	return map[string]func(io.Writer, Options) error{
		"rollout-check":  func(w io.Writer, o Options) error { return RolloutCheck(w, o, checkedRollout()) },
		"rollout-status": func(w io.Writer, o Options) error { return RolloutStatus(w, o, stoodRollout()) },
		"rollout-report": func(w io.Writer, o Options) error { return RolloutReport(w, o, stoodRollout()) },
	}
}

func pages() map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{
		"purge":   func(w io.Writer) error { return HTML(w, purgePlan(), nil, clock()) },
		"tag":     func(w io.Writer) error { return HTML(w, tagPlan(), nil, clock()) },
		"closed":  func(w io.Writer) error { return ClosedHTML(w, purgePlan(), clock()) },
		"rollout": func(w io.Writer) error { return RolloutReport(w, Options{Format: Page, Now: clock()}, stoodRollout()) },
		"run": func(w io.Writer) error {
			r := brokenRun()
			return HTML(w, purgePlan(), &r, clock())
		},
		"backup": func(w io.Writer) error { return Snapshot(w, Options{Format: Page, Now: clock()}, backupView()) },
		"rehearsal": func(w io.Writer) error {
			r := rehearsedRun()
			return HTML(w, purgePlan(), &r, clock())
		},
	}
}

func TestGolden(t *testing.T) {
	made := map[string]bool{}
	check := func(name string, write func(io.Writer) error) {
		made[name+".golden"] = true
		t.Run(name, func(t *testing.T) { compare(t, name, write) })
	}
	all := views()
	maps.Copy(all, rolloutViews())
	for name, view := range all {
		for _, format := range Formats() {
			check(name+"."+string(format), func(w io.Writer) error { return view(w, Options{Format: format, Width: 100, Rows: 7}) })
		}
	}
	for name, page := range pages() {
		check(name+".html", page)
	}
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(made) || len(made) < 42 {
		t.Errorf("%d golden files for %d views, at least 42 are needed", len(files), len(made))
	}
	for _, file := range files {
		if !made[filepath.Base(file)] {
			t.Errorf("%s belongs to no view", file)
		}
	}
}

func compare(t *testing.T, name string, write func(io.Writer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs; look at it and run: go test ./pkg/report -run Golden -update\n%s", file, got.String())
	}
}
