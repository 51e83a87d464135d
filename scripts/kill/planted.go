package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// plant is a bug that no undisturbed run shows: text of one file of the program,
// and what a copy has instead.
type plant struct{ name, file, text, instead string }

const appendText = "func (j *Journal) Append(records ...Record) error {\n"

var plants = []plant{
	{"the intent is written after the call", "pkg/journal/journal.go", appendText, `var late sync.Map

func (j *Journal) Append(records ...Record) error {
	var now []Record
	for _, r := range records {
		if r.Type == Intent {
			late.Store(r.Key(), r)
			continue
		}
		if intent, waiting := late.LoadAndDelete(r.Key()); waiting {
			now = append(now, intent.(Record))
		}
		now = append(now, r)
	}
	return j.append(now...)
}

func (j *Journal) append(records ...Record) error {
`},
	{"a change is recorded as done before the call", "pkg/journal/journal.go", appendText, `func (j *Journal) Append(records ...Record) error {
	var now []Record
	for _, r := range records {
		change := r.Action != "create"
		if change && r.Type == Outcome && r.Result == Done {
			continue
		}
		now = append(now, r)
		if change && r.Type == Intent {
			r.Type, r.Result = Outcome, Done
			now = append(now, r)
		}
	}
	return j.append(now...)
}

func (j *Journal) append(records ...Record) error {
`},
	{"marks are not looked for", "pkg/apply/settle.go", "\tif it.Mark != \"\" {\n", "\tif it.Mark == \"never\" {\n"},
	{"imports are not looked for", "pkg/apply/create.go", "\tif !known.intended {\n\t\treturn nil, false\n", "\tif !known.intended || known.intended {\n\t\treturn nil, false\n"},
	{"imports of one name go side by side", "pkg/apply/twins.go", "\tif s.Way == plan.ByStream {\n", "\tif s.Way == \"never\" {\n"},
}

// errMissed is a planted bug that was not found.
var errMissed = errors.New("a planted bug was not found")

// findPlanted builds each bug into a copy of the program and kills that until a
// promise is broken.
func findPlanted(ctx context.Context, o options, folder string) error {
	for n, p := range plants {
		own := filepath.Join(folder, fmt.Sprint("planted-", n))
		binary := filepath.Join(own, "riva-prep.exe")
		if err := p.build(ctx, own, binary); err != nil {
			return fmt.Errorf("plant %q: %w", p.name, err)
		}
		c := newCampaign(o, binary, own)
		switch err := c.run(ctx); {
		case err == nil:
			return fmt.Errorf("%w: %s, in %d kills from seed %d on", errMissed, p.name, c.tally.kills(), o.seed)
		case !errors.Is(err, errBroken):
			return fmt.Errorf("plant %q: %w", p.name, err)
		default:
			fmt.Printf("found after %d kills: %s\n%s\n", c.tally.kills(), p.name, shortly(err))
		}
		if err := os.RemoveAll(own); err != nil {
			return err
		}
	}
	return nil
}

// build builds the program with the bug; nothing but a copy is changed.
func (p plant) build(ctx context.Context, folder, binary string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	data, err := os.ReadFile(p.file)
	if err != nil {
		return err
	}
	if n := strings.Count(string(data), p.text); n != 1 {
		return fmt.Errorf("%s has its text %d times: the plant has to be brought up to date", p.file, n)
	}
	original, err := filepath.Abs(p.file)
	if err != nil {
		return err
	}
	patched, overlay := filepath.Join(folder, "planted.go"), filepath.Join(folder, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: patched}})
	if err != nil {
		return err
	}
	err = errors.Join(os.WriteFile(patched, []byte(strings.Replace(string(data), p.text, p.instead, 1)), 0o600), os.WriteFile(overlay, replace, 0o600))
	if err != nil {
		return err
	}
	return build(ctx, binary, "-overlay", overlay)
}

// shortly is the first lines of an error.
func shortly(err error) string {
	lines := strings.SplitN(err.Error(), "\n", 4)
	for n, line := range lines {
		lines[n] = "  " + line[:min(len(line), 200)]
	}
	return strings.Join(lines[:min(3, len(lines))], "\n")
}
