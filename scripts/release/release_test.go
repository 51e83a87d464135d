package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// The bill of this very test program is whole, and the same each time.
func TestBillOfMaterials(t *testing.T) {
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_800_000_000, 0).UTC()
	one, err := billOfMaterials(program, "test", "v1.0.0", at)
	if err != nil {
		t.Fatal(err)
	}
	two, err := billOfMaterials(program, "test", "v1.0.0", at)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("another bill the second time, %v", err)
	}
	var b bill
	if err := json.Unmarshal(one, &b); err != nil {
		t.Fatal(err)
	}
	if b.Format != "CycloneDX" || b.Metadata.Component.Version != "v1.0.0" || len(b.Metadata.Component.Hashes) != 1 {
		t.Errorf("%+v", b.Metadata)
	}
	if !regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(b.Serial) {
		t.Errorf("serial %s", b.Serial)
	}
	if !slices.ContainsFunc(b.Components, func(c component) bool { return strings.HasPrefix(c.PURL, "pkg:golang/std@1.") }) {
		t.Errorf("Go itself is not in it: %+v", b.Components)
	}
	if len(b.Depends) != 1 || len(b.Depends[0].On) != len(b.Components) {
		t.Errorf("%+v", b.Depends)
	}
	if _, err := billOfMaterials([]byte("no program"), "x", "v1.0.0", at); err == nil {
		t.Error("a bill of nothing")
	}
}

func TestBuildsThatDifferAreNoRelease(t *testing.T) {
	if err := same("x", []byte("abc"), []byte("abc")); err != nil {
		t.Error(err)
	}
	for _, other := range []string{"", "ab", "abd", "abcd", "Abc"} {
		if same("x", []byte("abc"), []byte(other)) == nil {
			t.Errorf("%q passes for the same", other)
		}
	}
}

func TestCheck(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	good := job{version: "v1.0.0", out: filepath.Join(t.TempDir(), "new"), targets: allTargets()}
	if err := good.check(); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*job){
		"no version":    func(j *job) { j.version = "" },
		"a flag":        func(j *job) { j.version = "v1.0.0' -X x=y" },
		"other system":  func(j *job) { j.targets = []string{"plan9/amd64"} },
		"a full folder": func(j *job) { j.out = full },
	} {
		j := good
		if spoil(&j); j.check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if name := good.name("windows/arm64"); name != "riva-prep_v1.0.0_windows_arm64.exe" {
		t.Error(name)
	}
}
