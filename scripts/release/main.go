// Command release builds the program for every system that it is for, twice, from
// two copies of a commit in different folders, and keeps what came out if both
// are the same to the byte: with SHA256SUMS, and a bill of materials for each.
//
//	go run ./scripts/release -version v1.0.0 -out dist
//
// It promises that who builds the same commit with the same Go gets the same
// bytes. It refuses a folder that has files in it, and takes nothing from the
// working copy: what is not committed is not in a release. The second build has a
// cache of its own, empty at first: with the first one's, Go would hand out what
// it has already built, and any two builds would be the same. That takes minutes
// for each system; -quick shares the cache, to try things out.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// job is one release.
type job struct {
	version, commit string
	time            time.Time // of the commit
	out, scratch    string
	quick           bool
	targets         []string // as linux/amd64
}

func allTargets() []string {
	return []string{"linux/amd64", "linux/arm64", "windows/amd64", "windows/arm64", "darwin/amd64", "darwin/arm64"}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	var j job
	commit := flag.String("commit", "HEAD", "what to build")
	targets := flag.String("targets", strings.Join(allTargets(), ","), "systems to build for")
	flag.StringVar(&j.version, "version", "", "the release's version, as v1.0.0")
	flag.StringVar(&j.out, "out", "dist", "an empty or new folder")
	flag.BoolVar(&j.quick, "quick", false, "share one cache, so that the comparison says little: for trying things out, not for a release")
	flag.Parse()
	j.targets = strings.Split(*targets, ",")
	if err := j.check(); err != nil {
		return err
	}
	if j.commit, j.time, err = resolve(ctx, *commit); err != nil {
		return err
	}
	if j.scratch, err = os.MkdirTemp("", "riva-prep-release-*"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(j.scratch)) }()
	return j.do(ctx)
}

var versions = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9a-z.]+)?$`)

func (j *job) check() error {
	if !versions.MatchString(j.version) {
		return fmt.Errorf("-version %q: it is not like v1.0.0 or v1.0.0-rc.1", j.version)
	}
	for _, target := range j.targets {
		if !slices.Contains(allTargets(), target) {
			return fmt.Errorf("-targets %q: there are %s", target, strings.Join(allTargets(), ", "))
		}
	}
	if entries, err := os.ReadDir(j.out); err == nil && len(entries) > 0 {
		return fmt.Errorf("-out %s: it has files in it", j.out)
	}
	return os.MkdirAll(j.out, 0o755)
}

// do builds everything and writes the sums last: without them it is no release.
func (j *job) do(ctx context.Context) error {
	folders := []string{filepath.Join(j.scratch, "one"), filepath.Join(j.scratch, "another", "and deeper")}
	for _, folder := range folders {
		if err := checkOut(ctx, j.commit, folder); err != nil {
			return err
		}
	}
	var sums strings.Builder
	for _, target := range j.targets {
		name := j.name(target)
		data, err := j.twice(ctx, folders, target)
		if err != nil {
			return err
		}
		bill, err := billOfMaterials(data, name, j.version, j.time)
		if err != nil {
			return err
		}
		for file, content := range map[string][]byte{name: data, name + ".cdx.json": bill} {
			if err := os.WriteFile(filepath.Join(j.out, file), content, mode(file)); err != nil {
				return err
			}
		}
		fmt.Fprintf(&sums, "%x  %s\n%x  %s.cdx.json\n", sha256.Sum256(data), name, sha256.Sum256(bill), name)
		fmt.Printf("%s: %d bytes, %s, sha256 %x\n", name, len(data), j.compared(), sha256.Sum256(data))
	}
	return os.WriteFile(filepath.Join(j.out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

func (j *job) compared() string {
	if j.quick {
		return "NOT compared with a build of its own"
	}
	return "twice the same"
}

func mode(file string) os.FileMode {
	if strings.HasSuffix(file, ".json") {
		return 0o644
	}
	return 0o755
}

// name is that of a target's program: riva-prep_v1.0.0_windows_amd64.exe.
func (j *job) name(target string) string {
	name := "riva-prep_" + j.version + "_" + strings.ReplaceAll(target, "/", "_")
	if strings.HasPrefix(target, "windows/") {
		name += ".exe"
	}
	return name
}
