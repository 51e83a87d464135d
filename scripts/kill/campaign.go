package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// campaign is rounds until enough was killed.
type campaign struct {
	options
	binary, folder string
	tally          *tally

	mu    sync.Mutex
	begun int // rounds
	left  map[world]func() (*reference, error)
}

func newCampaign(o options, binary, folder string) *campaign {
	return &campaign{options: o, binary: binary, folder: folder, tally: newTally(), left: map[world]func() (*reference, error){}}
}

func (c *campaign) run(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, c.longest)
	defer cancel()
	group, groupCtx := errgroup.WithContext(bounded)
	for range c.parallel {
		group.Go(func() error { return c.worker(groupCtx) })
	}
	err := group.Wait()
	if bounded.Err() != nil && ctx.Err() == nil && !errors.Is(err, errBroken) {
		return fmt.Errorf("%s are over after %d of %d kills", c.longest, c.tally.kills(), c.kills)
	}
	return err
}

func (c *campaign) worker(ctx context.Context) error {
	for seed, more := c.next(); more; seed, more = c.next() {
		if err := c.round(ctx, seed); err != nil {
			return err
		}
	}
	return nil
}

// next is the seed of the next round, if there is one to be.
func (c *campaign) next() (uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tally.kills() >= c.kills || c.rounds > 0 && c.begun >= c.rounds {
		return 0, false
	}
	c.begun++
	return c.seed + uint64(c.begun) - 1, true
}

func (c *campaign) round(ctx context.Context, seed uint64) error {
	r := newRound(c, seed)
	want, err := c.alone(ctx, r.world)
	if err != nil {
		return err
	}
	r.want = want
	if err := r.play(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("seed %d, %s: %w\nits folder: %s\nreplay: go run ./scripts/kill -seed %d -rounds 1", seed, r.world, err, r.folder, seed)
	}
	c.tally.round(r.world)
	return os.RemoveAll(r.folder)
}

// errAlone says that commands fail that nobody kills: then kills prove nothing.
var errAlone = errors.New("the commands fail without being killed")

// alone is how the same commands end that nobody kills; each world is played
// once.
func (c *campaign) alone(ctx context.Context, w world) (*reference, error) {
	c.mu.Lock()
	once, known := c.left[w]
	if !known {
		once = sync.OnceValues(func() (*reference, error) { return c.leftAlone(ctx, w) })
		c.left[w] = once
	}
	c.mu.Unlock()
	return once()
}

func (c *campaign) leftAlone(ctx context.Context, w world) (*reference, error) {
	r := newRound(c, 0)
	r.world, r.folder = w, filepath.Join(c.folder, "alone-"+w.String())
	if err := r.play(ctx); err != nil {
		return nil, fmt.Errorf("%w: %s: %s", errAlone, w, err.Error())
	}
	return r.made, os.RemoveAll(r.folder)
}

// reference is what the commands of a round come to, one by one.
type reference struct{ ends []end }

// end is how one command ended: the tenant, and what it took.
type end struct {
	contents         []string
	took             time.Duration
	requests, writes int
}
