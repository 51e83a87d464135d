package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every command has its page, and the pages are the same each time.
func TestPages(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for _, folder := range []string{one, two} {
		if err := write(folder); err != nil {
			t.Fatal(err)
		}
	}
	pages, err := filepath.Glob(filepath.Join(one, "*.1"))
	if err != nil || len(pages) < 18 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		a, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(two, filepath.Base(page)))
		if err != nil || string(a) != string(b) {
			t.Errorf("%s is another each time, %v", filepath.Base(page), err)
		}
		if !strings.Contains(string(a), ".SH SYNOPSIS") {
			t.Errorf("%s is no manual page", filepath.Base(page))
		}
	}
}
