package fault

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
	"github.com/riva-prep/riva-prep/pkg/sandbox/wire"
)

// Options say what a Player plays.
type Options struct {
	Plans []Plan
	// Seed decides, with the request itself, whatever is left to chance.
	Seed uint64
	// Tenant is where other people work, and where mailboxes are known by name.
	Tenant *tenant.Tenant
	// Now is the clock for dates in answers.
	Now func() time.Time
}

// Player is an http.Handler that plays faults around another one, which serves
// Graph. It is safe for concurrent use.
type Player struct {
	next   http.Handler
	tenant *tenant.Tenant
	now    func() time.Time
	seed   uint64
	plans  []*planned

	mu   sync.Mutex
	seen map[string]uint64 // requests so far, by what they ask for
}

// planned is a plan under way.
type planned struct {
	Plan
	behaviour
	path   *regexp.Regexp
	number uint64

	// Guarded by the Player's mu.
	passed, left, hits int
	stuck              map[string]bool
}

// New makes a player around the handler. It panics on a plan that Check
// refuses: plans that people write go through Parse.
func New(next http.Handler, o Options) *Player {
	p := &Player{next: next, tenant: o.Tenant, now: o.Now, seed: o.Seed, seen: map[string]uint64{}}
	for n, plan := range o.Plans {
		if err := plan.Check(); err != nil {
			panic(fmt.Sprintf("fault: %v", err))
		}
		b := behaviours()[plan.Fault]
		left := plan.Times
		if left == 0 {
			left = max(b.times, 1)
			if b.times == Always {
				left = Always
			}
		}
		p.plans = append(p.plans, &planned{
			Plan: plan, behaviour: b, path: pattern(plan.Path), number: uint64(n), left: left, stuck: map[string]bool{},
		})
	}
	return p
}

// Hit is how often a plan was played.
type Hit struct {
	Plan  Plan
	Count int
}

// Hits are the plans in their order, with how often each was played.
func (p *Player) Hits() []Hit {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Hit
	for _, plan := range p.plans {
		out = append(out, Hit{plan.Plan, plan.hits})
	}
	return out
}

// Unused are the plans that were never played.
func (p *Player) Unused() []Plan {
	var out []Plan
	for _, hit := range p.Hits() {
		if hit.Count == 0 {
			out = append(out, hit.Plan)
		}
	}
	return out
}

// turn is one request before one plan.
type turn struct {
	player *Player
	plan   *planned
	w      http.ResponseWriter
	r      *http.Request
	chance *rand.Rand
}

// ServeHTTP serves one request below the version, with at most one fault and
// any number of other people.
func (p *Player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var late []*turn
	ordinal := p.count(r)
	for _, plan := range p.plans {
		if !p.meant(plan, r) {
			continue
		}
		t := &turn{player: p, plan: plan, w: w, r: r, chance: p.source(plan, r, ordinal)}
		switch plan.stage {
		case after:
			late = append(late, t)
		case before:
			t.play(nil)
		case instead:
			if t.play(nil) {
				return
			}
		}
	}
	if len(late) == 0 {
		p.next.ServeHTTP(w, r)
		return
	}
	got := &answer{header: http.Header{}, status: http.StatusOK}
	p.next.ServeHTTP(got, r)
	for _, t := range late {
		if t.play(got) {
			return
		}
	}
	got.send(w)
}

// identity is what a request asks for, whoever asks and whenever.
func identity(r *http.Request) string {
	return r.Method + " " + r.URL.EscapedPath() + "?" + r.URL.RawQuery
}

// count says how many requests for the same came before this one.
func (p *Player) count(r *http.Request) uint64 {
	if len(p.plans) == 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := identity(r)
	p.seen[key]++
	return p.seen[key]
}

// source is the chance of one plan on one request. It does not depend on what
// other requests there are.
func (p *Player) source(plan *planned, r *http.Request, ordinal uint64) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(identity(r)))
	return rand.New(rand.NewPCG(p.seed^h.Sum64(), plan.number<<32^ordinal))
}

// meant says whether a plan is for a request.
func (p *Player) meant(plan *planned, r *http.Request) bool {
	_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return (plan.Verb == "" || strings.EqualFold(plan.Verb, r.Method)) &&
		plan.path.MatchString(path) && plan.suits(r) && (plan.Mailbox == "" || p.sameMailbox(plan.Mailbox, r))
}

func (p *Player) sameMailbox(name string, r *http.Request) bool {
	path, err := wire.Segments(r.URL.EscapedPath())
	if err != nil || len(path) < 2 || !strings.EqualFold(path[0], "users") {
		return false
	}
	if p.tenant != nil {
		want, known := p.tenant.Mailbox(name)
		got, found := p.tenant.Mailbox(path[1])
		return known && found && want == got
	}
	return strings.EqualFold(name, path[1])
}

// play plays the fault if it fits, is due and the chance wants it.
func (t *turn) play(a *answer) bool {
	do := t.plan.prepare(t, a)
	if do == nil || !t.claim() {
		return false
	}
	if !do() {
		t.giveBack()
		return false
	}
	return true
}

// claim takes one of the times that the plan has left. What a fault sticks to
// has it again for nothing.
func (t *turn) claim() bool {
	t.player.mu.Lock()
	defer t.player.mu.Unlock()
	plan, key := t.plan, ""
	if plan.sticks != nil {
		if key = plan.sticks(t.r); plan.stuck[key] {
			plan.hits++
			return true
		}
	}
	if plan.passed < plan.After {
		plan.passed++
		return false
	}
	if plan.left == 0 || plan.Chance > 0 && t.chance.Float64() >= plan.Chance {
		return false
	}
	if plan.left > 0 {
		plan.left--
	}
	plan.hits++
	if plan.sticks != nil {
		plan.stuck[key] = true
	}
	return true
}

// giveBack takes back a claim of which nothing came.
func (t *turn) giveBack() {
	t.player.mu.Lock()
	defer t.player.mu.Unlock()
	t.plan.hits--
	if t.plan.left >= 0 {
		t.plan.left++
	}
}
