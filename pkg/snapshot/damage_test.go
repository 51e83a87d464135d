package snapshot_test

import (
	"bytes"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/riva-prep/riva-prep/pkg/durable"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/race"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// victim is a snapshot that is damaged over and over again.
type victim struct {
	t     *testing.T
	dir   *durable.Dir
	whole map[string][]byte
	names []string
	keys  []snapshot.Identity
	tried map[string]int
}

func newVictim(t *testing.T, w way) *victim {
	t.Helper()
	dir := crash.NewDisk().Dir()
	writeSample(t, dir, w.options)
	whole := files(t, dir)
	return &victim{t, dir, whole, slices.Sorted(maps.Keys(whole)), w.keys, map[string]int{}}
}

// noticed verifies what lies there now, without keys or with them.
func (v *victim) noticed(keys []snapshot.Identity, how, what string) {
	v.t.Helper()
	v.tried[how]++
	if _, err := snapshot.Verify(v.dir, keys...); !errors.Is(err, snapshot.ErrDamaged) && !errors.Is(err, snapshot.ErrNoSnapshot) {
		v.t.Errorf("%s: %s went unnoticed: %v", how, what, err)
	}
}

func (v *victim) put(name string, data []byte) {
	v.t.Helper()
	if err := v.dir.WriteFile(name, data); err != nil {
		v.t.Fatal(err)
	}
}

func (v *victim) remove(name string) {
	v.t.Helper()
	if err := v.dir.Remove(name); err != nil {
		v.t.Fatal(err)
	}
}

// TestEveryDamageIsNoticed does to every file of a snapshot what can happen to
// a file: every bit flipped cut at every byte (under the race detector,
// a part of both), something added, taken away, swapped, doubled.
func TestEveryDamageIsNoticed(t *testing.T) {
	for what, way := range twoWays(t) {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			v := newVictim(t, way)
			for _, name := range v.names {
				v.flip(name)
				v.cut(name)
				v.takeAway(name)
				v.double(name)
				v.swap(name)
			}
			v.addStrangers()
			if _, err := snapshot.Verify(v.dir, v.keys...); err != nil {
				t.Fatalf("in the end: %v", err)
			}
			t.Logf("%d files, %d bytes: %v", len(v.names), v.size(), v.tried)
			if race.Detector {
				v.tried["bit"] *= 48
				v.tried["cut"] *= 24
			}
			for how, least := range map[string]int{"bit": 40_000, "cut": 5000, "longer": 60, "removed": 28, "doubled": 140, "swapped": 180, "stranger": 22} {
				if v.tried[how] < least {
					t.Errorf("%s: only %d tried", how, v.tried[how])
				}
			}
		})
	}
}

func (v *victim) size() (n int) {
	for _, data := range v.whole {
		n += len(data)
	}
	return n
}

// flip looks without keys at every bit, and with them at one bit of each byte.
func (v *victim) flip(name string) {
	spoilt := bytes.Clone(v.whole[name])
	for i := range spoilt {
		for bit := range 8 {
			if race.Detector && (bit != i%8 || i%6 != 0) {
				continue
			}
			spoilt[i] ^= 1 << bit
			v.put(name, spoilt)
			v.noticed(nil, "bit", name)
			if v.keys != nil && bit == i%8 && i%10 == 0 {
				v.noticed(v.keys, "bit with a key", name)
			}
			spoilt[i] ^= 1 << bit
		}
	}
	v.put(name, spoilt)
}

func (v *victim) cut(name string) {
	data := v.whole[name]
	for n := range data {
		if race.Detector && n%24 != 0 {
			continue
		}
		v.put(name, data[:n])
		v.noticed(nil, "cut", name)
		if v.keys != nil && n%20 == 0 {
			v.noticed(v.keys, "cut with a key", name)
		}
	}
	for _, more := range []string{"\n", " ", "\x00", "}"} {
		v.put(name, append(bytes.Clone(data), more...))
		v.noticed(v.keys, "longer", name)
	}
	if len(data) > 0 {
		v.put(name, append(bytes.Clone(data), data...))
		v.noticed(v.keys, "longer", name)
	}
	v.put(name, data)
}

func (v *victim) takeAway(name string) {
	v.remove(name)
	v.noticed(nil, "removed", name)
	v.noticed(v.keys, "removed", name)
	v.put(name, v.whole[name])
}

// double puts a copy of the file under other names, in its folder and elsewhere.
func (v *victim) double(name string) {
	for _, copied := range []string{name + ".copy", name + ".1.tmp", "copy", "blobs/" + strings.Repeat("ab", 32), path.Dir(v.names[len(v.names)-2]) + "/copy"} {
		v.put(copied, v.whole[name])
		v.noticed(nil, "doubled", copied)
		v.noticed(v.keys, "doubled", copied)
		v.remove(copied)
	}
}

// swap exchanges the file with every later one that differs.
func (v *victim) swap(name string) {
	for _, other := range v.names {
		if other <= name || bytes.Equal(v.whole[name], v.whole[other]) {
			continue
		}
		v.put(name, v.whole[other])
		v.put(other, v.whole[name])
		v.noticed(nil, "swapped", name+" with "+other)
		v.noticed(v.keys, "swapped", name+" with "+other)
		v.put(name, v.whole[name])
		v.put(other, v.whole[other])
	}
}

// addStrangers adds files and folders that no snapshot has.
func (v *victim) addStrangers() {
	box := path.Dir(v.names[len(v.names)-2])
	for _, stranger := range []string{".DS_Store", "desktop.ini", "snapshot.json.bak", "blobs/x", "mailboxes/x", box + "/notes.txt", box + "/contacts.jsonl.bak"} {
		for _, data := range []string{"", "text"} {
			v.put(stranger, []byte(data))
			v.noticed(v.keys, "stranger", stranger)
			v.remove(stranger)
		}
	}
	for _, stranger := range []string{"x", "blobs/x", "mailboxes/x", box + "/x"} {
		if _, err := v.dir.Sub(stranger); err != nil {
			v.t.Fatal(err)
		}
		v.noticed(v.keys, "stranger", stranger)
		v.put(stranger+"/y", nil)
		v.noticed(v.keys, "stranger", stranger)
		v.remove(stranger + "/y")
		v.remove(stranger)
	}
}
