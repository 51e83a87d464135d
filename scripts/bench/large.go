package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/riva-prep/riva-prep/pkg/cli"
)

// What this program starts itself as.
const (
	plainly  = "copy-plainly"
	hurried  = "hurried"
	profiled = "profiled"
)

// hurry is the machine with a clock that runs a hundred times too fast: the
// limits that Exchange sets to requests and uploads in some minutes are then
// never reached. A restore of 2 GB takes more than an hour otherwise.
func hurry() cli.Env {
	env, start := cli.System(), time.Now()
	cli.Lean(env)
	env.Now = func() time.Time { return start.Add(100 * time.Since(start)) }
	return env
}

// usage is what a process took.
type usage struct {
	wall, cpu time.Duration
	peak      int64
	stdout    []byte
}

func (u usage) String() string {
	return fmt.Sprintf("%.0f s, %.2f s of CPU, peak %.0f MB", u.wall.Seconds(), u.cpu.Seconds(), float64(u.peak)/1e6)
}

// take runs a program to its end.
func (b *bench) take(name string, args ...string) (usage, error) {
	cmd, out := exec.CommandContext(b.ctx, name, args...), bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("%v: %w", args, err)
	}
	state := cmd.ProcessState
	return usage{time.Since(start), state.UserTime() + state.SystemTime(), peakMemory(state), out.Bytes()}, nil
}

// largeBox is a sandbox with a mailbox of n items, 40 KB each.
type largeBox struct {
	*bench
	self, ready, store, what string
}

// large serves such a mailbox and measures what is done with it.
func (b *bench) large(n int, measured ...func(largeBox) error) error {
	file := filepath.Join(b.folder, "tenant-large.json")
	if err := writeLarge(file, n); err != nil {
		return err
	}
	l := largeBox{b, "", file + ".ready", file + ".store", fmt.Sprintf("of %d items, %.1f GB", n, size(file)/1e9)}
	stop, err := b.serve(file, l.ready, "--limits", "off")
	if err != nil {
		return err
	}
	defer stop()
	if l.self, err = os.Executable(); err != nil {
		return err
	}
	for _, measure := range measured {
		if err := measure(l); err != nil {
			return err
		}
	}
	return nil
}

// thereAndBack backs the mailbox up and restores it into another one, with one
// way to go about streams after the other.
func thereAndBack(modes ...string) func(largeBox) error {
	return func(l largeBox) error {
		for _, mode := range modes {
			if err := l.thereAndBack(mode); err != nil {
				return err
			}
		}
		return nil
	}
}

func (l largeBox) thereAndBack(mode string) error {
	backup, err := l.take(l.binary, l.backup(l.store, mode)...)
	if err != nil {
		return err
	}
	row(fmt.Sprintf("backup %s, streams %s", l.what, mode), "%s", backup)
	taken, err := filepath.Glob(filepath.Join(l.store, "snapshots", "*"))
	if err != nil || len(taken) == 0 {
		return fmt.Errorf("the backup left no snapshot: %w", err)
	}
	return l.restores(filepath.Base(taken[len(taken)-1]), l.what+", streams "+mode)
}

// backup is the command.
func (l largeBox) backup(store, streams string) []string {
	return []string{"backup", "--mailbox", largeFrom, "--sandbox", l.ready, "--store", store, "--streams", streams}
}

// restores plans a restore into another mailbox and carries it out.
func (l largeBox) restores(id, what string) error {
	args := []string{"restore", id, "--mailbox", largeFrom, "--to-mailbox", largeTo, "--only-missing=false", "--sandbox", l.ready, "--store", l.store, "--output", "json"}
	dry, err := l.take(l.binary, append(args, "--dry-run")...)
	if err != nil {
		return err
	}
	row("plan of a restore "+what, "%s", dry)
	var plan struct{ Digest string }
	if err := json.Unmarshal(dry.stdout, &plan); err != nil {
		return err
	}
	done, err := l.take(l.self, append(append([]string{hurried}, args...), "--approve", plan.Digest)...)
	if err != nil {
		return err
	}
	row("restore "+what, "%s", done)
	return nil
}

// turns is how often a backup is held against a plain copy.
const turns = 5

// compared holds the CPU of a backup against that of a plain copy of the same
// pages, in turns. The first is not counted: the sandbox is slow to begin, which
// costs who comes first.
func compared(profile string) func(largeBox) error {
	return func(l largeBox) error {
		var plain, backup time.Duration
		for i := range 1 + turns {
			a, c, err := l.both(filepath.Join(l.folder, fmt.Sprintf("compare-%d", i)))
			if err != nil {
				return err
			}
			if i > 0 {
				plain, backup = plain+a.cpu, backup+c.cpu
			}
		}
		row("CPU of a backup to that of a plain copy, "+l.what, "%.2f times", backup.Seconds()/plain.Seconds())
		if profile == "" {
			return nil
		}
		_, err := l.take(l.self, append([]string{profiled, profile}, l.backup(l.store, "off")...)...)
		return err
	}
}

// both makes one copy and one backup, and leaves neither.
func (l largeBox) both(folder string) (plain, backup usage, err error) {
	if plain, err = l.take(l.self, plainly, l.ready, folder); err != nil {
		return plain, backup, err
	}
	if backup, err = l.take(l.binary, l.backup(folder+".store", "off")...); err != nil {
		return plain, backup, err
	}
	fmt.Fprintf(os.Stderr, "plain copy: %s\nbackup: %s\n%s", plain, backup, plain.stdout)
	return plain, backup, errors.Join(os.RemoveAll(folder), os.RemoveAll(folder+".store"))
}

// underProfile runs the program like its binary, with a profile of its CPU.
func underProfile(args []string) (err error) {
	file, err := os.Create(args[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	env := cli.System()
	cli.Lean(env)
	if code := cli.Main(args[1:], env); code != 0 {
		return fmt.Errorf("%v: exit code %d", args[1:], code)
	}
	return nil
}

func size(name string) float64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return float64(info.Size())
}
