package cli

import "testing"

func TestParallelFollowsFromTheMachine(t *testing.T) {
	const gigabyte = 1 << 30
	for _, c := range []struct {
		cores int
		free  uint64
		want  int
	}{
		{1, 16 * gigabyte, 8},
		{2, 16 * gigabyte, 16},
		{8, 16 * gigabyte, 64},
		{64, 512 * gigabyte, 64},
		{8, 1 * gigabyte, 8},
		{8, 100 << 20, 2},
		{8, 0, 16},
		{1, 0, 8},
	} {
		if got := parallelFor(c.cores, c.free); got != c.want {
			t.Errorf("%d cores and %d bytes: %d at a time, want %d", c.cores, c.free, got, c.want)
		}
	}
	if n := defaultParallel(); n < fewestAtOnce || n > mostAtOnce {
		t.Errorf("%d here", n)
	}
}
