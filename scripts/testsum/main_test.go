package main

import (
	"strings"
	"testing"
)

const (
	start   = `{"Action":"start","Package":"p"}` + "\n"
	passA   = `{"Action":"run","Package":"p","Test":"TestA"}` + "\n" + `{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}` + "\n" + `{"Action":"pass","Package":"p","Test":"TestA"}` + "\n"
	failB   = `{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:1: wrong\n"}` + "\n" + `{"Action":"fail","Package":"p","Test":"TestB"}` + "\n"
	skipC   = `{"Action":"output","Package":"p","Test":"TestC","Output":"=== RUN   TestC\n"}` + "\n" + `{"Action":"output","Package":"p","Test":"TestC","Output":"    c_test.go:1: no data here\n"}` + "\n" + `{"Action":"skip","Package":"p","Test":"TestC"}` + "\n"
	panicD  = `{"Action":"output","Package":"p","Test":"TestD","Output":"panic: boom\n"}` + "\n"
	passPkg = `{"Action":"output","Package":"p","Output":"ok\n"}` + "\n" + `{"Action":"pass","Package":"p","Elapsed":1.5}` + "\n"
	failPkg = `{"Action":"fail","Package":"p","Elapsed":1.5}` + "\n"
	noTests = `{"Action":"start","Package":"q"}` + "\n" + `{"Action":"skip","Package":"q"}` + "\n"
	build   = `{"Action":"build-output","ImportPath":"p","Output":"p.go:1: undefined: x\n"}` + "\n" + `{"Action":"build-fail","ImportPath":"p"}` + "\n"
)

func TestSummarise(t *testing.T) {
	for name, c := range map[string]struct{ in, fails, says string }{
		"all well":         {start + passA + passPkg + noTests, "", "1 packages tested, 1 without tests\n1 passed, 0 failed, 0 skipped\n"},
		"skip":             {start + passA + skipC + passPkg, "", "  p.TestC: c_test.go:1: no data here\n"},
		"fail":             {start + passA + failB + failPkg, "failed: p", "b_test.go:1: wrong\n"},
		"panic":            {start + passA + panicD + failPkg, "failed: p", "panic: boom\n"},
		"build":            {build + passA, "build of p", "undefined: x\n"},
		"package alone":    {start + passA + failPkg, "failed: p", "1 passed, 0 failed"},
		"test alone":       {start + failB + passPkg, "1 tests failed", "0 passed, 1 failed"},
		"cut":              {start + passA, "did not end", "1 passed"},
		"nothing":          {"", "nothing was tested", "0 passed"},
		"no test files":    {noTests, "nothing was tested", "0 passed"},
		"all skipped":      {start + skipC + passPkg, "nothing was tested", "1 skipped"},
		"what is not json": {"go: odd\n" + start + passA + passPkg, "", "go: odd\n"},
	} {
		var out strings.Builder
		err := summarise(strings.NewReader(c.in), &out)
		if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s: error %v, want %q", name, err, c.fails)
		}
		if !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: does not say %q:\n%s", name, c.says, &out)
		}
		if strings.Contains(out.String(), "quiet") {
			t.Errorf("%s: shows what a passed test said", name)
		}
	}
}
