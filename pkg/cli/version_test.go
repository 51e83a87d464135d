package cli

import (
	"runtime/debug"
	"testing"
)

func TestBuildOf(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef01234567"
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: id}}
	for _, c := range []struct {
		release, module, name, commit string
		settings                      []debug.BuildSetting
	}{
		{"v1.2.3 " + id, "(devel)", "v1.2.3", id[:12], nil},
		{"", "v1.0.0", "v1.0.0", "", nil},
		{"", "(devel)", "dev-" + id[:12], id[:12], vcs},
		{"", "v0.0.0-2026", "v0.0.0-2026", id[:12], vcs},
		{"", "", "dev", "", nil},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.module}, Settings: c.settings}
		if name, commit := buildOf(c.release, info); name != c.name || commit != c.commit {
			t.Errorf("%+v: %q, %q", c, name, commit)
		}
	}
}
