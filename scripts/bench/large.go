package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/riva-prep/riva-prep/pkg/cli"
)

// What this program starts itself as.
const (
	plainly = "copy-plainly"
	hurried = "hurried"
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
	return fmt.Sprintf("%.0f s, %.1f s of CPU, peak %.0f MB", u.wall.Seconds(), u.cpu.Seconds(), float64(u.peak)/1e6)
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

// large backs a mailbox of n items and 40 KB each up, compares that with a plain
// copy, and restores it into another mailbox.
func (b *bench) large(n int) error {
	file := filepath.Join(b.folder, "tenant-large.json")
	if err := writeLarge(file, n); err != nil {
		return err
	}
	ready := file + ".ready"
	stop, err := b.serve(file, ready, "--limits", "off")
	if err != nil {
		return err
	}
	defer stop()
	store, what := file+".store", fmt.Sprintf("of %d items, %.1f GB", n, size(file)/1e9)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := b.compare(self, ready, what); err != nil {
		return err
	}
	for _, mode := range []string{"off", "auto"} {
		backup, err := b.take(b.binary, "backup", "--mailbox", largeFrom, "--sandbox", ready, "--store", store, "--streams", mode)
		if err != nil {
			return err
		}
		row(fmt.Sprintf("backup %s, streams %s", what, mode), "%s", backup)
		taken, err := filepath.Glob(filepath.Join(store, "snapshots", "*"))
		if err != nil || len(taken) == 0 {
			return fmt.Errorf("the backup left no snapshot: %w", err)
		}
		if err := b.restores(self, ready, store, filepath.Base(taken[len(taken)-1]), what+", streams "+mode); err != nil {
			return err
		}
	}
	return nil
}

// restores plans a restore into another mailbox and carries it out.
func (b *bench) restores(self, ready, store, id, what string) error {
	args := []string{"restore", id, "--mailbox", largeFrom, "--to-mailbox", largeTo, "--only-missing=false", "--sandbox", ready, "--store", store, "--output", "json"}
	dry, err := b.take(b.binary, append(args, "--dry-run")...)
	if err != nil {
		return err
	}
	row("plan of a restore "+what, "%s", dry)
	var plan struct{ Digest string }
	if err := json.Unmarshal(dry.stdout, &plan); err != nil {
		return err
	}
	done, err := b.take(self, append(append([]string{hurried}, args...), "--approve", plan.Digest)...)
	if err != nil {
		return err
	}
	row("restore "+what, "%s", done)
	return nil
}

// compare holds the CPU of a backup against that of a plain copy of the same
// pages, in turns.
func (b *bench) compare(self, ready, what string) error {
	var plain, backup time.Duration
	for i := range 3 {
		folder := filepath.Join(b.folder, fmt.Sprintf("compare-%d", i))
		a, err := b.take(self, plainly, ready, folder)
		if err != nil {
			return err
		}
		c, err := b.take(b.binary, "backup", "--mailbox", largeFrom, "--sandbox", ready, "--store", folder+".store", "--streams", "off")
		if err != nil {
			return err
		}
		plain, backup = plain+a.cpu, backup+c.cpu
		fmt.Fprintf(os.Stderr, "plain copy: %s\nbackup: %s\n%s", a, c, a.stdout)
		for _, name := range []string{folder, folder + ".store"} {
			if err := os.RemoveAll(name); err != nil {
				return err
			}
		}
	}
	row("CPU of a backup to that of a plain copy, "+what, "%.2f times", backup.Seconds()/plain.Seconds())
	return nil
}

func size(name string) float64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return float64(info.Size())
}
