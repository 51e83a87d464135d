package backup_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/backup"
	"github.com/riva-prep/riva-prep/pkg/durable/crash"
	"github.com/riva-prep/riva-prep/pkg/item"
	"github.com/riva-prep/riva-prep/pkg/mailbox"
	"github.com/riva-prep/riva-prep/pkg/mailbox/memory"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
)

// slow takes a time of its own for each call, and counts how many are under way.
type slow struct {
	mailbox.Mailbox

	mu          sync.Mutex
	random      *rand.Rand
	way, most   int
	pages, held int // pages that are held, and the most
}

func (s *slow) call() (end func()) {
	s.mu.Lock()
	s.way++
	s.most = max(s.most, s.way)
	d := time.Duration(50e6 + s.random.Int64N(100e6))
	s.mu.Unlock()
	time.Sleep(d)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.way--
	}
}

func (s *slow) keep(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages += n
	s.held = max(s.held, s.pages)
}

func (s *slow) Folders(ctx context.Context, kind item.Kind) ([]item.Folder, error) {
	defer s.call()()
	return s.Mailbox.Folders(ctx, kind)
}

func (s *slow) Categories(ctx context.Context) ([]json.RawMessage, error) {
	defer s.call()()
	return s.Mailbox.Categories(ctx)
}

func (s *slow) Settings(ctx context.Context) (json.RawMessage, error) {
	defer s.call()()
	return s.Mailbox.Settings(ctx)
}

func (s *slow) List(ctx context.Context, folder item.Folder, view mailbox.View, page func([]item.Item) error) error {
	return s.Mailbox.List(ctx, folder, view, func(items []item.Item) error {
		s.call()()
		s.keep(1)
		defer s.keep(-1)
		return page(items)
	})
}

func (s *slow) IDs(ctx context.Context, folder item.Folder) ([]string, int, error) {
	defer s.call()()
	return s.Mailbox.IDs(ctx, folder)
}

func (s *slow) Export(ctx context.Context, items []item.Item) ([]mailbox.Stream, error) {
	defer s.call()()
	return s.Mailbox.Export(ctx, items)
}

// crowded has seven folders of seven items each.
func crowded() *memory.Tenant {
	w := memory.New("tenant")
	var folders []item.Folder
	for n := range 7 {
		folders = append(folders, item.Folder{Kind: item.Kinds()[n/3], ID: fmt.Sprint("f", n), Path: fmt.Sprint("Folder ", n)})
	}
	w.Add(ann, folders...)
	for _, f := range folders {
		for n := range 7 {
			w.Put(ann.ID, f, map[string]any{"id": fmt.Sprint(f.ID, "-", n)})
		}
	}
	return w
}

// TestSideBySideInOrder: whatever comes first, the snapshot is the same, three
// pages at most are held, and no more is asked at once than Exchange serves.
func TestSideBySideInOrder(t *testing.T) {
	var want []snapshot.File
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			mb := &slow{Mailbox: opened(t, crowded(), ann)[0], random: rand.New(rand.NewPCG(seed, 1))}
			began := time.Now()
			proof, failed, err := backup.Take(t.Context(), crash.NewDisk().Dir(), job([]mailbox.Mailbox{mb}))
			if err != nil || len(failed) != 0 || proof.Items() != 49 {
				t.Fatalf("%d items, %v, %v", proof.Items(), failed, err)
			}
			files := proof.Manifest.Mailboxes[0].Files
			if want == nil {
				want = files
			}
			for i, f := range files {
				if f != want[i] {
					t.Errorf("timing %d: %s is another", seed, f.Name)
				}
			}
			if mb.most < 3 || mb.most > 4 || mb.held != 3 {
				t.Errorf("timing %d: %d calls at once, %d pages held", seed, mb.most, mb.held)
			}
			// 60 calls of 100 ms, of which half waits for another.
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("timing %d: it took %s", seed, took)
			}
		})
	}
}

// TestListingsEndWithTheBackup: one that waits for its turn ends when another fails.
func TestListingsEndWithTheBackup(t *testing.T) {
	w := crowded()
	w.Fault = func(c memory.Call) (error, error) {
		if c.Verb == "list" && c.Item == "f0" {
			return mailbox.ErrIncomplete, nil
		}
		return nil, nil
	}
	synctest.Test(t, func(t *testing.T) {
		mb := &slow{Mailbox: opened(t, w, ann)[0], random: rand.New(rand.NewPCG(1, 1))}
		_, failed, err := backup.Take(t.Context(), crash.NewDisk().Dir(), job([]mailbox.Mailbox{mb}))
		if err != nil || len(failed) != 1 || mb.way != 0 || mb.pages != 0 {
			t.Errorf("%v, %v, %d calls and %d pages are left", failed, err, mb.way, mb.pages)
		}
	})
}
