package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	schema := write("s.json", `{"type":"object","required":["at"],"properties":{"at":{"format":"date-time"}}}`)
	good := write("good.json", `{"at":"2026-11-16T00:00:00Z"}`)
	for _, c := range []struct{ args, want string }{
		{schema + " " + good, ""},
		{schema, "usage"},
		{schema + " " + good + " " + write("bare.json", `{}`), "bare.json"},
		{schema + " " + write("format.json", `{"at":"soon"}`), "format.json"},
		{schema + " " + write("half.json", `{"at"`), "half.json"},
		{schema + " " + filepath.Join(dir, "none.json"), "none.json"},
		{filepath.Join(dir, "none.json") + " " + good, "read schema"},
	} {
		err := validate(strings.Fields(c.args))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.args, err, c.want)
		}
	}
}
