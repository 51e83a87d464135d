package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long: `Version prints the version, the commit, the Go release and the system that the
program was built for.

Exit status: 0 done.`,
		Example: `  riva-prep version`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			name, commit := built()
			if commit != "" {
				commit = "commit " + commit + ", "
			}
			_, err := fmt.Fprintf(a.env.Stdout, "riva-prep %s (%s%s, %s/%s)\n", name, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// release is set by the linker in a release: the version and the commit. Nothing
// else writes to it.
var release string

// version is the release's, else the module's, or the commit it was built from.
func version() string {
	name, _ := built()
	return name
}

func built() (name, commit string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return buildOf(release, info)
}

func buildOf(release string, info *debug.BuildInfo) (name, commit string) {
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			commit = s.Value[:12]
		}
	}
	if name, id, stamped := strings.Cut(release, " "); stamped {
		return name, id[:min(12, len(id))]
	}
	switch v := info.Main.Version; {
	case v != "" && v != "(devel)":
		return v, commit
	case commit != "":
		return "dev-" + commit, commit
	}
	return "dev", ""
}
