package pace_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/riva-prep/riva-prep/pkg/graph/pace"
)

// few is what there is room for ten seconds after the start; five seconds later
// there is room for all.
var few = pace.Load{Requests: 20}

// full makes an app that may not send any more just now.
func full(t *testing.T) *pace.App {
	t.Helper()
	app := pace.NewApp(time.Now)
	enter := func(l pace.Load) func() {
		leave, err := app.Gate().Enter(t.Context(), 0, l)
		if err != nil {
			t.Fatal(err)
		}
		return leave
	}
	enter(few)()
	for left := pace.All - few.Requests; left > 0; left -= pace.Requests {
		time.AfterFunc(5*time.Second, enter(pace.Load{Requests: min(left, pace.Requests)}))
	}
	return app
}

// TestTheOldestGoesFirst: a mailbox that was begun before another gets the room
// that there is, though it asked for it later.
func TestTheOldestGoesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := full(t)
		old, young := app.Gate(), app.Gate()
		var group sync.WaitGroup
		for range 2 { // of the same age: they share what there is
			group.Go(func() { enters(t, young, 15*time.Second) })
		}
		synctest.Wait()
		enters(t, old, 10*time.Second)
		group.Wait()
	})
}

// enters lets a few requests in and says when that should be, from the start.
func enters(t *testing.T, gate *pace.Gate, want time.Duration) {
	start := time.Now()
	leave, err := gate.Enter(t.Context(), 0, few)
	if took := time.Since(start).Truncate(time.Second); err != nil || took != want {
		t.Errorf("%v after %s, want to be let in after %s", err, took, want)
		return
	}
	leave()
}

// TestWhoGaveUpHoldsNobody: room that was kept for an older mailbox is free again.
func TestWhoGaveUpHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := full(t)
		old, young := app.Gate(), app.Gate()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := old.Enter(ctx, 0, few); err == nil {
			t.Fatal("there was no room")
		}
		enters(t, young, 9*time.Second)
		time.Sleep(5 * time.Second) // what fills the app leaves
	})
}
