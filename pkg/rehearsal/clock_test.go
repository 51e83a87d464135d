package rehearsal_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/riva-prep/riva-prep/pkg/rehearsal"
)

func TestClockAddsUpWaits(t *testing.T) {
	begin := time.Now()
	c := rehearsal.NewClock(begin)
	var sum int
	c.Drive(func() {
		var all sync.WaitGroup
		for n := range 30 {
			all.Go(func() {
				for i := range 300 {
					for k := range 20000 {
						sum2 := k * i
						_ = sum2
					}
					if err := c.Sleep(context.Background(), time.Duration(100+n)*time.Millisecond); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
	_ = sum
	if got, want := c.Now().Sub(begin), 300*129*time.Millisecond; got != want {
		t.Errorf("%s passed, want %s", got, want)
	}
	t.Log(time.Since(begin))
}
