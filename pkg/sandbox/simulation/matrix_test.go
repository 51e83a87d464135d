package simulation_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/graph"
	"github.com/riva-prep/riva-prep/pkg/run"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
	"github.com/riva-prep/riva-prep/pkg/sandbox/tenant"
)

var (
	casesFlag = flag.Int("cases", 25, "how many calls of commands are made to fail, spread over all; 0 is every one")
	caseFlag  = flag.String("case", "", "only cases whose name matches this `REGEXP`")
)

// trial is one command with one call that fails.
type trial struct {
	command command
	road    *fails
	stays   bool
	disk    *wears
	nth     int
	call    call // as it was in peace
}

func (c trial) String() string {
	fault := ""
	switch {
	case c.disk != nil:
		fault = "disk " + c.disk.name
	case c.stays:
		fault = c.road.name + " that stays"
	default:
		fault = c.road.name
	}
	return fmt.Sprintf("%s, %s, call %d", c.command.name, fault, c.nth)
}

// TestEveryCallFails runs every command once and counts its requests and its
// operations of the disk. Then it is run as often again, and each time another
// call meets one of the faults, for once or for good. Every command ends as it
// did in peace, or with another exit code than 0 and a line that names the fault
// and what it was about; started again in peace, it ends as it did in peace.
func TestEveryCallFails(t *testing.T) {
	seed := *seedFlag
	if seed == 0 {
		seed = 1 + rand.Uint64N(1e9)
	}
	all, peace := trials(t)
	if len(all) < 12_000 {
		t.Errorf("only %d calls can fail", len(all))
	}
	chosen := choose(t, all, seed)
	sum := map[string]int{}
	for n, c := range chosen {
		if n > 0 && n%1000 == 0 {
			t.Logf("%d of %d trials", n, len(chosen))
		}
		got := c.try(t, peace[c.command.name])
		sum[got.kind]++
		for _, wrong := range got.wrong {
			t.Errorf("%s (%s): %s", c, got.met, wrong)
		}
		if len(got.wrong) > 0 {
			t.Logf("replay: go test ./pkg/sandbox/simulation -run '^TestEveryCallFails$' -args -case='^%s$'\n%s", regexp.QuoteMeta(c.String()), got.text)
		}
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(sum)) {
		parts = append(parts, fmt.Sprintf("%d %s", sum[kind], kind))
	}
	t.Logf("seed %d: %d of %d trials: %s", seed, len(chosen), len(all), strings.Join(parts, ", "))
	if sum[missed]*20 > len(chosen) {
		t.Errorf("%d trials never came as far as their call", sum[missed])
	}
}

// TestMatrixCatchesPlantedBugs: the trials notice a command that drops an error,
// one that says nothing of it, one that says it of nobody, and one that cannot be
// started again.
func TestMatrixCatchesPlantedBugs(t *testing.T) {
	_, peace := trials(t)
	all := commands()
	list, purge, stuck := all[0], all[3], false
	planted := map[string]command{
		"it ended with 0": {name: list.name, run: func(a *attempt) {
			a.list()
			a.err = nil
		}},
		"no line says what went wrong": {name: list.name, run: func(a *attempt) {
			a.list()
			a.said.Reset()
		}},
		"no line says": {name: list.name, run: func(a *attempt) {
			a.list()
			text := strings.ReplaceAll(strings.ReplaceAll(a.said.String(), "contoso", ""), "contactFolders", "")
			a.said.Reset()
			a.said.WriteString(text)
		}},
		"started again three times": {name: purge.name, disk: true, run: func(a *attempt) {
			if purge.run(a); a.err != nil || stuck {
				stuck, a.err = true, exit.ErrPartial
			}
		}},
	}
	refused := roadFaults()[4] // 500
	for says, c := range planted {
		wrong := false
		for n := 1; n <= 14 && !wrong; n++ {
			got := trial{command: c, road: &refused, stays: true, nth: n}.try(t, peace[c.name])
			wrong = slices.ContainsFunc(got.wrong, func(w string) bool { return strings.Contains(w, says) })
		}
		if !wrong {
			t.Errorf("nobody noticed that %q", says)
		}
	}
}

// choose spreads the trials over all of them.
func choose(t *testing.T, all []trial, seed uint64) []trial {
	t.Helper()
	if *caseFlag != "" {
		name := regexp.MustCompile(*caseFlag)
		all = slices.DeleteFunc(all, func(c trial) bool { return !name.MatchString(c.String()) })
		if len(all) == 0 {
			t.Fatal("no trial has that name")
		}
	}
	random := rand.New(rand.NewPCG(seed, 3))
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	if *casesFlag <= 0 {
		return all
	}
	return all[:min(*casesFlag, len(all))]
}

// peaceful is how a command ends when nothing goes wrong.
type peaceful struct {
	output string
	state  map[string]object
}

// trials runs every command in peace and gives all the calls that can fail.
func trials(t *testing.T) (all []trial, peace map[string]peaceful) {
	t.Helper()
	peace = map[string]peaceful{}
	for _, c := range commands() {
		var requests, operations []call
		bubble(t, func(s *scene) {
			a := s.attempt(c, nil, nil)
			if a.code() != exit.Done {
				t.Fatalf("%s in peace ends with %d: %s", c.name, a.code(), a.text())
			}
			requests, operations = s.street.calls, s.wear.calls
			state, err := s.state()
			if err != nil {
				t.Fatal(err)
			}
			peace[c.name] = peaceful{a.output, state}
		}, c)
		if len(requests) < 15 || c.disk != (len(operations) > 15) {
			t.Fatalf("%s: only %d requests and %d operations", c.name, len(requests), len(operations))
		}
		before := len(all)
		all = append(all, onTheRoad(c, requests)...)
		all = append(all, onTheDisk(c, operations)...)
		t.Logf("%s: %d requests, %d operations of the disk, %d trials", c.name, len(requests), len(operations), len(all)-before)
	}
	return all, peace
}

func onTheRoad(c command, requests []call) (all []trial) {
	for _, f := range roadFaults() {
		for i, r := range requests {
			if f.name == "cut" && r.body < 2 {
				continue
			}
			for _, stays := range []bool{false, true} {
				all = append(all, trial{command: c, road: &f, stays: stays, nth: i + 1, call: r})
			}
		}
	}
	return all
}

func onTheDisk(c command, operations []call) (all []trial) {
	for _, f := range diskFaults() {
		for i, op := range operations {
			if verb, _, _ := strings.Cut(op.what, " "); f.suits(verb) {
				all = append(all, trial{command: c, disk: &f, nth: i + 1, call: op})
			}
		}
	}
	return all
}

// scene is one tenant and one disk, on which a command is started now and then.
type scene struct {
	*testing.T
	memory inHand
	served *sandbox.Sandbox
	disk   *crash.Disk
	street *street
	wear   *wear
}

// worldSeed is of what lies in the mailboxes: trials of all runs are the same.
const worldSeed = 4

// bubble sets the scene, in virtual time, with what the command needs.
func bubble(t *testing.T, play func(*scene), c command) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var users []string
		for n := range 2 {
			m := &maker{Rand: rand.New(rand.NewPCG(worldSeed, uint64(n))), owner: fmt.Sprintf("u%d", n)}
			users = append(users, m.user(10))
		}
		model, err := tenant.Load(strings.NewReader(tenantFile(users...)))
		if err != nil {
			t.Fatal(err)
		}
		s := &scene{T: t, disk: crash.NewDisk()}
		s.served = sandbox.New(model, sandbox.Options{Limits: true, Now: time.Now, ClientSecret: secret, Seed: worldSeed})
		if c.before != nil {
			c.run, c.before = c.before, nil
			a := s.attempt(c, nil, nil)
			if a.code() != exit.Done {
				t.Fatalf("before: %s", a.text())
			}
			time.Sleep(time.Hour)
		}
		play(s)
	})
}

// attempt starts the command, with faults or without.
func (s *scene) attempt(c command, onRoad *street, onDisk *wear) *attempt {
	s.Helper()
	if onRoad == nil {
		onRoad = &street{}
	}
	if onDisk == nil {
		onDisk = &wear{}
	}
	onRoad.next, onRoad.seed, onRoad.times = s.served.Transport(), worldSeed, map[string]uint64{}
	onDisk.FS = s.disk
	s.street, s.wear = onRoad, onDisk
	client, err := graph.New(graph.Config{
		Sandbox: &graph.Sandbox{
			Graph: host + ":8443", Authority: host + ":8443", TenantID: s.served.TenantID(), ClientID: s.served.ClientID(), ClientSecret: secret,
		},
		Transport: onRoad, Now: time.Now, Random: func() float64 { return 0.5 },
	})
	if err != nil {
		s.Fatal(err)
	}
	defer client.Close()
	a := &attempt{Context: s.Context(), inHand: &s.memory, client: client, store: run.NewStore(onDisk.dir())}
	c.run(a)
	return a
}

// state is what the mailboxes hold.
func (s *scene) state() (map[string]object, error) { return dump(s.served.Tenant()) }

// What a trial can come to.
const (
	same   = "ended as in peace"
	told   = "were told, and started again ended as in peace"
	noted  = "ended with 0, with a note of what the app may not have"
	missed = "did not come as far"
)

// verdict is what became of a trial.
type verdict struct {
	kind  string
	met   string // what the fault was played on
	wrong []string
	text  string
}

func (v *verdict) say(format string, args ...any) {
	v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
}

func (c trial) try(t *testing.T, peace peaceful) (v verdict) {
	t.Helper()
	bubble(t, func(s *scene) {
		a := s.attempt(c.command, &street{fault: c.road, nth: c.nth, stays: c.stays}, &wear{fault: c.disk, nth: c.nth})
		v.text = a.text()
		hits := s.street.hits + s.wear.hits
		v.met = cmp.Or(s.street.same, c.call.what)
		if c.disk != nil && c.disk.dark {
			s.disk.Crash(rand.New(rand.NewPCG(worldSeed, uint64(c.nth))))
		}
		differs := c.differences(s, peace)
		switch {
		case hits == 0:
			v.kind = missed
		case a.code() == exit.Done && a.output == peace.output && len(differs) == 0:
			v.kind = same
		case a.code() == exit.Done:
			v.kind = noted
		default:
			v.kind = told
		}
		if v.kind == noted && (c.road == nil || c.road.name != "403") {
			v.say("it ended with 0 and did or found something else")
			v.wrong = append(v.wrong, differs...)
		}
		if v.kind == noted || v.kind == told {
			c.names(&v, s)
			c.again(&v, s, peace)
			differs = c.differences(s, peace)
		}
		v.wrong = append(v.wrong, differs...)
		v.wrong = append(v.wrong, secrets(s.disk)...)
		if strings.Contains(v.text, secret) || strings.Contains(v.text, tokenHead) {
			v.say("what it prints has a secret")
		}
	}, c.command)
	return v
}

// again starts the command in peace, until it ends with 0.
func (c trial) again(v *verdict, s *scene, peace peaceful) {
	for range 3 {
		time.Sleep(time.Hour)
		a := s.attempt(c.command, nil, nil)
		if a.code() != exit.Done {
			v.text += "\n--- again:\n" + a.text()
			continue
		}
		if s.memory.plan == nil && a.output != peace.output {
			v.say("started again, it found something else")
		}
		return
	}
	v.say("started again three times, it does not end with 0")
}

// differences are those of the mailboxes from what they hold in peace.
func (c trial) differences(s *scene, peace peaceful) (found []string) {
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if mails := s.served.Outbox(); len(mails) > 0 {
		say("%d mails were sent", len(mails))
	}
	state, err := s.state()
	if err != nil {
		return append(found, err.Error())
	}
	for place, was := range peace.state {
		is, there := state[place]
		if !there {
			say("%s is not there", place)
			continue
		}
		for _, d := range differences(strings.Fields(place)[1], was, is) {
			say("%s: %s: %.200v, want %.200v", place, d.path, d.is, d.was)
		}
	}
	for place := range state {
		if _, known := peace.state[place]; !known {
			say("%s is there", place)
		}
	}
	return found
}

// names looks for a line of the text that speaks of the fault, and of what met
// it: the mailbox, or what was asked for.
func (c trial) names(v *verdict, s *scene) {
	faults, abouts := c.words(), c.about(s)
	for line := range strings.Lines(v.text) {
		has := func(word string) bool { return strings.Contains(line, word) }
		if slices.ContainsFunc(faults, has) && slices.ContainsFunc(abouts, has) {
			return
		}
	}
	v.say("no line says what went wrong (%s) and with what (%s)", strings.Join(faults, ", "), strings.Join(abouts, ", "))
}

func (c trial) words() []string {
	if c.disk != nil {
		return c.disk.words
	}
	// What the service for signing in answers is shown by Entra's code only.
	return append([]string{"sign-in service's answer could not be used"}, c.road.words...)
}

// about are words for what met the fault.
func (c trial) about(s *scene) []string {
	if c.disk != nil {
		_, name, _ := strings.Cut(c.call.what, " ")
		parts := strings.Split(strings.TrimSuffix(name, ".tmp"), "/")
		return append([]string{"disk", "snapshot", "journal"}, parts...)
	}
	path := s.street.same
	parts := strings.Split(path, "/")
	switch {
	case strings.Contains(path, "oauth2") || strings.Contains(path, "openid-configuration"):
		return []string{"sign-in"}
	case strings.Contains(path, "/api/gv1.0/"), strings.Contains(path, "/createImportSession"):
		return []string{"import"}
	case len(parts) > 4 && parts[2] == "users":
		// By its name where the line is about a mailbox, else by what was asked.
		return []string{parts[3] + "@contoso.example", parts[4]}
	}
	return []string{parts[len(parts)-1]}
}
