// Command kill proves with real processes that a killed command goes on to the
// same end. It builds riva-prep, plays a small tenant on loopback, and sends
// SIGKILL at random moments of backups, purges, restores, undos and tags: by the
// clock, at a request, at a change. Some are killed again and again.
//
//	go run ./scripts/kill                 1,000 kills
//	go run ./scripts/kill -kills 10000    the long dose
//	go run ./scripts/kill -short          a dose for CI
//	go run ./scripts/kill -planted        bugs are built in, and must be found
//
// After every kill and at every end an oracle that shares no code with the
// program looks at the tenant and the store: nothing is lost, nothing outside
// the plan is changed, nothing is made twice, nobody gets mail, and the end is
// that of the same commands left alone. It stops at the first broken promise and
// keeps the folder. It talks to nothing but loopback and ends only what it began.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	var o options
	short := flag.Bool("short", false, "a dose for CI: 40 kills")
	planted := flag.Bool("planted", false, "build bugs into copies of the program and fail if one is not found")
	flag.IntVar(&o.kills, "kills", 1000, "how often a command that has begun to work is killed")
	flag.Uint64Var(&o.seed, "seed", 0, "the seed of the first round; 0 draws one")
	flag.IntVar(&o.rounds, "rounds", 0, "end after so many rounds; 0 is no bound")
	flag.IntVar(&o.parallel, "parallel", 2, "rounds at a time")
	flag.DurationVar(&o.longest, "for", time.Hour, "end after this time, with what was reached")
	flag.Parse()
	if flag.NArg() > 0 || o.kills < 1 || o.parallel < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if *short {
		o.kills = 40
	}
	if o.seed == 0 {
		o.seed = 1 + rand.Uint64N(1e9)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := work(ctx, o, *planted)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "kill:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	kills, rounds, parallel int
	seed                    uint64
	longest                 time.Duration
}

// errBroken is a promise that did not hold.
var errBroken = errors.New("a promise is broken")

func work(ctx context.Context, o options, planted bool) (err error) {
	folder, err := os.MkdirTemp("", "riva-prep-kill-*")
	if err != nil {
		return err
	}
	defer func() {
		if !errors.Is(err, errBroken) && !errors.Is(err, errAlone) { // then it is worth a look
			_ = os.RemoveAll(folder)
		}
	}()
	if planted {
		return findPlanted(ctx, o, folder)
	}
	binary := filepath.Join(folder, "riva-prep.exe")
	if err := build(ctx, binary); err != nil {
		return err
	}
	c := newCampaign(o, binary, folder)
	err = c.run(ctx)
	c.tally.print(os.Stdout)
	return err
}

// build builds the program, with what args say besides.
func build(ctx context.Context, binary string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build"}, args...), "-o", binary, "./cmd/riva-prep")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build, at the root of the project: %w\n%s", err, out)
	}
	return nil
}
