// Command bench measures what docs/benchmarks.md says of the program as a
// whole: how long it takes to build, how large and how quick to start it is,
// and how much memory a backup takes. It prints a Markdown table; figures that
// depend on the machine stand beside a ratio measured in the same run.
//
//	go run ./scripts/bench          everything but what takes minutes
//	go run ./scripts/bench -cold    the cold build too
//	go run ./scripts/bench -engine  what a deleted item costs, and nothing else
//	go run ./scripts/bench -crowd   a thousand mailboxes at once, and nothing else
//	go run ./scripts/bench -compare -items 12000 [-cpuprofile FILE]
//	                                a backup held against a plain copy, and nothing else
//	go run ./scripts/bench -restore auto [-items N]
//	                                a backup of the large mailbox with streams, restored
//	                                into an empty one, and nothing else; off: without
//	go run ./scripts/bench -large   a mailbox of 50,000 items and 2 GB too; needs
//	                                12 GB of memory and 10 GB in the temporary folder
//
// It talks to a sandbox on loopback only, and ends it.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/riva-prep/riva-prep/pkg/cli"
)

func main() {
	var c choice
	flag.BoolVar(&c.cold, "cold", false, "measure a build with an empty cache too")
	flag.BoolVar(&c.large, "large", false, "measure a mailbox of 50,000 items and 2 GB too")
	flag.BoolVar(&c.engine, "engine", false, "measure deletions, and nothing else")
	flag.BoolVar(&c.crowd, "crowd", false, "measure a thousand mailboxes at once, and nothing else")
	flag.BoolVar(&c.compare, "compare", false, "hold backups of the large mailbox against plain copies, and nothing else")
	flag.StringVar(&c.restore, "restore", "", "restore the large mailbox into an empty one, with streams `off or auto`, and nothing else")
	flag.IntVar(&c.items, "items", 50_000, "how many items the large mailbox has")
	flag.StringVar(&c.profile, "cpuprofile", "", "with -compare: the file for a profile of one more backup")
	flag.Parse()
	switch flag.Arg(0) { // what this program starts itself as
	case plainly:
		exitOn(copyPlainly(context.Background(), flag.Args()[1:]))
		return
	case hurried:
		os.Exit(cli.Main(flag.Args()[1:], hurry()))
	case profiled:
		exitOn(underProfile(flag.Args()[1:]))
		return
	}
	exitOn(measure(context.Background(), c))
}

// choice is what to measure.
type choice struct {
	cold, large, engine, crowd, compare bool

	items            int
	profile, restore string
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one measurement, in a folder of its own.
type bench struct {
	ctx    context.Context
	folder string
	binary string
}

func measure(ctx context.Context, c choice) error {
	folder, err := os.MkdirTemp("", "riva-prep-bench-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	b := &bench{ctx: ctx, folder: folder, binary: filepath.Join(folder, "riva-prep.exe")}
	fmt.Println("| what | measured |\n| --- | --- |")
	for _, step := range b.steps(c) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) steps(c choice) []func() error {
	switch {
	case c.engine:
		return []func() error{b.build, b.deletions}
	case c.crowd:
		return []func() error{b.build, b.crowd}
	case c.compare:
		return []func() error{b.build, func() error { return b.large(c.items, compared(c.profile)) }}
	}
	if c.restore != "" {
		return []func() error{b.build, func() error { return b.large(c.items, thereAndBack(c.restore)) }}
	}
	steps := []func() error{b.build, b.start, b.backups}
	if c.cold {
		steps = append([]func() error{b.coldBuild}, steps...)
	}
	if c.large {
		steps = append(steps, func() error { return b.large(c.items, thereAndBack("off", "auto")) })
	}
	return steps
}

func row(what, format string, args ...any) {
	fmt.Printf("| %s | %s |\n", what, fmt.Sprintf(format, args...))
}

func (b *bench) run(env []string, name string, args ...string) (time.Duration, *exec.Cmd, error) {
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	err := cmd.Run()
	return time.Since(start), cmd, err
}

func (b *bench) coldBuild() error {
	cache := filepath.Join(b.folder, "cache")
	took, _, err := b.run([]string{"GOCACHE=" + cache}, "go", "build", "-o", b.binary, "./cmd/riva-prep")
	if err != nil {
		return err
	}
	row("build with an empty cache", "%.0f s", took.Seconds())
	return nil
}

func (b *bench) build() error {
	if _, _, err := b.run([]string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.binary, "./cmd/riva-prep"); err != nil {
		return err
	}
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	row("binary, stripped", "%.1f MB", float64(info.Size())/1e6)
	return nil
}

// start takes the median of many starts.
func (b *bench) start() error {
	var times []time.Duration
	for range 31 {
		took, _, err := b.run(nil, b.binary, "version")
		if err != nil {
			return err
		}
		times = append(times, took)
	}
	slices.Sort(times)
	row("riva-prep version, median of 31", "%.1f ms", float64(times[len(times)/2].Microseconds())/1000)
	return nil
}

// backups compares a mailbox with one ten times as large: memory should hardly
// differ.
func (b *bench) backups() error {
	small, err := b.backup(2_000)
	if err != nil {
		return err
	}
	large, err := b.backup(20_000)
	if err != nil {
		return err
	}
	if small > 0 {
		row("peak memory, 20,000 to 2,000 items", "%.2f times", float64(large)/float64(small))
	}
	return nil
}

// backup backs a mailbox of n items up and returns the peak of its memory in
// bytes, 0 where the system does not tell.
func (b *bench) backup(n int) (int64, error) {
	file := filepath.Join(b.folder, fmt.Sprintf("tenant-%d.json", n))
	if err := writeTenant(file, n); err != nil {
		return 0, err
	}
	ready := file + ".ready"
	stop, err := b.serve(file, ready)
	if err != nil {
		return 0, err
	}
	defer stop()
	took, cmd, err := b.run(nil, b.binary, "backup", "--all", "--sandbox", ready, "--store", file+".store")
	if err != nil {
		return 0, err
	}
	peak := peakMemory(cmd.ProcessState)
	row(fmt.Sprintf("backup of a mailbox with %d items", n), "%.1f s, peak %.0f MB", took.Seconds(), float64(peak)/1e6)
	return peak, nil
}

// serve starts a sandbox and waits until it is ready.
func (b *bench) serve(file, ready string, more ...string) (stop func(), err error) {
	cmd := exec.CommandContext(b.ctx, b.binary, append([]string{"sandbox", "serve", "--tenant", file, "--ready-file", ready}, more...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil && err != io.EOF {
		stop()
		return nil, err
	}
	return stop, nil
}
