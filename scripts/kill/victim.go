package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

const (
	// mostKills is how often one command may be killed.
	mostKills = 12
	// hung is how long a command may take at most.
	hung = 2 * time.Minute
)

// moment is when a command is killed.
type moment struct {
	by    by
	after time.Duration // by clock: since its start; else: after the answer
	count int           // by request or change: which one
	fate  fate          // of that request
}

type by string

// What a moment is drawn by.
const (
	never     by = ""
	byClock   by = "clock"
	byRequest by = "request"
	byChange  by = "change"
)

// fate is what becomes of the request at which a command is killed.
type fate int

const (
	lost     fate = iota // it never arrives
	unheard              // it is served, and nobody is left to hear the answer
	answered             // it is served, and the command dies a moment later
)

func (m moment) String() string {
	if m.by == byClock {
		return string(m.by)
	}
	return string(m.by) + [...]string{", which is lost", ", whose answer nobody hears", ", which is answered"}[m.fate]
}

// draw draws the moment of an attempt: seven of eight are killed while kills
// are left, by the clock or by what is sent, over all that is left to do.
func (w *watch) draw(attempt int) moment {
	if w.want == nil || attempt >= mostKills || w.random.IntN(8) == 0 {
		return moment{}
	}
	took, requests, writes := w.ahead()
	within := func(n int) int { return 1 + w.random.IntN(max(1, n)) }
	m := moment{by: byClock, after: time.Duration(within(int(took)))}
	switch kind := w.random.IntN(4); {
	case kind == 0:
		m.by, m.count = byRequest, within(requests)
	case kind <= 2 && writes > 0:
		m.by, m.count = byChange, within(writes)
	}
	if m.by != byClock {
		m.fate, m.after = fate(w.random.IntN(3)), time.Duration(w.random.Int64N(int64(3*time.Millisecond)))
	}
	return m
}

// ahead is what the command has left to do: all, until its run has begun, and
// then the steps that are not done. What is drawn beyond the end kills nothing.
func (w *watch) ahead() (took time.Duration, requests, writes int) {
	alone := w.want.ends[len(w.made.ends)]
	if w.file == "" {
		return alone.took, alone.requests, alone.writes
	}
	j := w.journal()
	if !j.begun() {
		return alone.took, alone.requests, alone.writes
	}
	all := len(w.plan.steps())
	steps := all - len(j.done)
	return alone.took/3 + alone.took/3*time.Duration(steps)/time.Duration(all), steps + 6, alone.writes * steps / all
}

// attempted is what came of starting a command once.
type attempted struct {
	moment           moment
	killed           bool
	code             int
	stdout, stderr   string
	requests, writes int
}

// attempt starts a command and kills it at the moment, unless it ends before.
// When it returns, nothing that the command sent is in service any more.
func (r *round) attempt(ctx context.Context, args []string, m moment) (attempted, error) {
	ctx, cancel := context.WithTimeout(ctx, hung)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(ctx, r.binary, args...)
	cmd.Env = append(os.Environ(), "RIVA_PREP_SANDBOX="+r.path("ready.json"), "GOGC=off") // so short a life needs no collector
	cmd.Stdout, cmd.Stderr = &out, &errs
	dead := make(chan struct{})
	var once sync.Once
	kill := func() { once.Do(func() { _ = cmd.Process.Kill() }); <-dead }
	r.front.await(m, kill)
	if err := cmd.Start(); err != nil {
		return attempted{}, err
	}
	if m.by == byClock {
		timer := time.AfterFunc(m.after, kill)
		defer timer.Stop()
	}
	err := cmd.Wait()
	close(dead)
	got := attempted{moment: m, stdout: out.String(), stderr: errs.String(), code: cmd.ProcessState.ExitCode()}
	got.killed = m.by != never && killed(got.code)
	got.requests, got.writes = r.front.settle()
	if exited := new(exec.ExitError); ctx.Err() != nil || err != nil && !errors.As(err, &exited) {
		return got, fmt.Errorf("%s: %w", strings.Join(args, " "), errors.Join(ctx.Err(), err))
	}
	return got, nil
}

// killed says whether an exit code is that of a killed process.
func killed(code int) bool { return code == -1 || runtime.GOOS == "windows" && code == 1 }

// peacefully runs a command that nobody kills.
func (r *round) peacefully(ctx context.Context, args []string) (string, error) {
	got, err := r.attempt(ctx, args, moment{})
	if err == nil && got.code != 0 {
		err = fmt.Errorf("%w: %s ended with %d\n%s\n%s", errBroken, strings.Join(args, " "), got.code, got.stdout, got.stderr)
	}
	return got.stdout, err
}

// verified has the program verify a snapshot.
func (r *round) verified(ctx context.Context, id string) error {
	_, err := r.peacefully(ctx, []string{"verify", id, "--store", r.path("store")})
	return err
}
