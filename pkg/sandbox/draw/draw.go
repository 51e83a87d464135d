// Package draw gives the sandbox its chances: numbers that follow from a seed,
// from what they are drawn for, and from whose turn it is.
//
// It promises that the same seed, purpose and identity draw the same numbers in
// the same order, whatever else is drawn meanwhile: so two runs that ask for the
// same things in another order still meet the same luck. It keeps a count for
// each identity and nothing else.
package draw

import (
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"
)

// Source draws numbers. It may be used by many goroutines.
type Source struct {
	seed  uint64
	mu    sync.Mutex
	turns map[uint64]uint64
}

// New makes a source of the seed.
func New(seed uint64) *Source { return &Source{seed: seed, turns: map[uint64]uint64{}} }

// Number draws the identity's next number for a purpose, at least 0 and below 1.
func (s *Source) Number(purpose, identity string) float64 {
	sum := fnv.New64a()
	// A hash takes every byte.
	_, _ = sum.Write([]byte(purpose + "\x00" + identity))
	key := sum.Sum64()
	s.mu.Lock()
	turn := s.turns[key]
	s.turns[key]++
	s.mu.Unlock()
	return rand.New(rand.NewPCG(s.seed^turn*0x9e3779b97f4a7c15, key)).Float64()
}

// Happens draws whether something of the given chance, 0 to 1, happens.
func (s *Source) Happens(chance float64, purpose, identity string) bool {
	return s.Number(purpose, identity) < chance
}

// Spread draws a duration between (1-by) and (1+by) times d; by is 0 to 1. It
// draws nothing where by is 0.
func (s *Source) Spread(d time.Duration, by float64, purpose, identity string) time.Duration {
	if by <= 0 || d <= 0 {
		return d
	}
	return time.Duration(float64(d) * (1 + by*(2*s.Number(purpose, identity)-1)))
}
