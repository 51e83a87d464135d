// Command mutants spoils the program in one place at a time and runs the tests
// that must notice: go run ./scripts/mutants [-short] [-only REGEXP].
//
// It promises that the working tree stays as it is: a change goes to the
// compiler as an overlay. It fails when a mutant survives, does not compile, or
// no longer applies, and when the tests fail without any mutant: then a failure
// shows nothing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// mutant is one small change that a test must notice.
type mutant struct {
	// promise is the one of docs/guarantees.md that is broken.
	promise int
	// name says what the program then does.
	name string
	// file holds old exactly once, which becomes new.
	file, old, new string
	// tests are the packages whose tests must notice, run which of these; empty
	// is all.
	tests, run string
	// short: in the dose for every day.
	short bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := hunt(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// hunt runs the mutants that the arguments choose.
func hunt(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	short := flags.Bool("short", false, "only the dose for every day")
	only := flags.String("only", "", "only mutants whose name matches this `REGEXP`")
	jobs := flags.Int("jobs", 2, "mutants tried at a time")
	if err := flags.Parse(args); err != nil {
		return err
	}
	name, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(slices.Clone(mutants), func(m mutant) bool {
		return *short && !m.short || !name.MatchString(m.name)
	})
	if len(chosen) == 0 {
		return errors.New("no mutant is chosen")
	}
	return campaign{root: ".", jobs: *jobs, out: out}.run(ctx, chosen)
}

// campaign tries mutants on the module in root.
type campaign struct {
	root string
	jobs int
	out  io.Writer
}

// run tries each, and says of each what became of it.
func (c campaign) run(ctx context.Context, chosen []mutant) error {
	began := time.Now()
	if err := c.healthy(ctx, chosen); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "the tests pass without a mutant, %.0f s\n", time.Since(began).Seconds())
	var mu sync.Mutex
	counts := map[fate]int{}
	group := new(errgroup.Group)
	group.SetLimit(max(1, c.jobs))
	for _, m := range chosen {
		group.Go(func() error {
			start := time.Now()
			end, detail := c.try(ctx, m)
			mu.Lock()
			defer mu.Unlock()
			counts[end]++
			fmt.Fprintf(c.out, "%-9s promise %d: %s: %s, %.1f s\n", end, m.promise, m.name, detail, time.Since(start).Seconds())
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d mutants: %d caught, %d survived, %d do not compile, %d do not apply; %.0f s\n",
		len(chosen), counts[caught], counts[survived], counts[broken], counts[stale], time.Since(began).Seconds())
	if counts[caught] != len(chosen) {
		return fmt.Errorf("%d of %d mutants were not caught", len(chosen)-counts[caught], len(chosen))
	}
	return nil
}

// healthy runs all tests that the mutants name, without a mutant.
func (c campaign) healthy(ctx context.Context, chosen []mutant) error {
	seen := map[string]bool{}
	for _, m := range chosen {
		if key := m.tests + " " + m.run; !seen[key] {
			seen[key] = true
			got, err := c.test(ctx, m, "")
			if err != nil {
				return err
			}
			if end, detail := got.fate(); end != survived || got.passed == 0 {
				return fmt.Errorf("without a mutant the tests of %q do not pass (%s, %d passed): %s", strings.TrimSpace(key), detail, got.passed, got.text())
			}
		}
	}
	return nil
}
