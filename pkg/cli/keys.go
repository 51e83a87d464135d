package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/riva-prep/riva-prep/pkg/cli/exit"
	"github.com/riva-prep/riva-prep/pkg/snapshot"
	"github.com/riva-prep/riva-prep/pkg/snapshot/seal"
)

// keyFlags name files with the keys of encrypted snapshots.
type keyFlags struct{ files []string }

func (f *keyFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.files, "identity", nil, "a `FILE` with the key of an encrypted snapshot (repeatable)")
}

func (f *keyFlags) read() ([]snapshot.Identity, error) {
	const hint = "--identity takes a file that age-keygen made"
	var keys []snapshot.Identity
	for _, name := range f.files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, exit.Wrong(fmt.Errorf("the key cannot be read: %w", err), hint)
		}
		some, err := seal.ParseIdentities(string(data))
		if err != nil {
			return nil, exit.Wrong(fmt.Errorf("%s: %w", name, err), hint)
		}
		keys = append(keys, some...)
	}
	return keys, nil
}

// restFlags say how a snapshot lies on the disk.
type restFlags struct {
	compress  bool
	encryptTo []string
}

func (f *restFlags) add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.compress, "compress", false, "compress the backup (zstd)")
	flags.StringArrayVar(&f.encryptTo, "encrypt-to", nil, "encrypt the backup to an age `KEY`, or to those in a file: who has none of their identities cannot read it (repeatable)")
}

func (f *restFlags) options() (snapshot.Options, error) {
	o := snapshot.Options{Compress: f.compress}
	for _, text := range f.encryptTo {
		if text == "" {
			return o, exit.Wrong(errors.New("--encrypt-to names no key"), "--encrypt-to takes a key that begins with age1, or a file of such")
		}
		if !strings.HasPrefix(text, "age1") {
			data, err := os.ReadFile(text)
			if err != nil {
				return o, exit.Wrong(fmt.Errorf("the recipients cannot be read: %w", err), "--encrypt-to takes a key that begins with age1, or a file of such")
			}
			text = string(data)
		}
		some, err := seal.ParseRecipients(text)
		if err != nil {
			return o, exit.Wrong(fmt.Errorf("--encrypt-to: %w", err), "age-keygen makes a pair of keys; the public one begins with age1")
		}
		o.Recipients = append(o.Recipients, some...)
	}
	return o, nil
}
