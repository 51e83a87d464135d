package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/term"

	"github.com/riva-prep/riva-prep/pkg/cli"
	"github.com/riva-prep/riva-prep/pkg/sandbox"
)

// captures names the folder in which each process of a script keeps what it prints.
const captures = "CAPTURES_OF_TEST"

// captured is the program, with a copy of what it prints in a folder of the test's.
func captured() {
	env := cli.System()
	folder := os.Getenv(captures)
	if folder == "" {
		os.Exit(cli.Main(os.Args[1:], env))
	}
	file, err := os.CreateTemp(folder, "output-*")
	if err != nil {
		panic(err)
	}
	fmt.Fprintf(file, "%q\n", os.Args[1:])
	env.Stdout, env.Stderr = both(os.Stdout, file), both(os.Stderr, file)
	os.Exit(cli.Main(os.Args[1:], env))
}

// both writes to both, unless a person sees the first, which the program asks about.
func both(stream, file *os.File) io.Writer {
	if term.IsTerminal(int(stream.Fd())) {
		return stream
	}
	return io.MultiWriter(stream, file)
}

// search looks for secrets in all that a test leaves behind.
type search struct {
	secrets        []string
	files, outputs int
	found          []string
}

// grant is a token, whoever issued it, from its first letter, or what it is sent by.
var grant = regexp.MustCompile(`^(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}|(?i:bearer )[A-Za-z0-9_-]{8,})`)

// learn takes the secrets out of what a sandbox says of itself, and gives the rest.
func (s *search) learn(text []byte) (rest []byte) {
	for line := range bytes.Lines(text) {
		var ready sandbox.Ready
		if json.Unmarshal(line, &ready) != nil || ready.ClientSecret == "" {
			rest = append(rest, line...)
			continue
		}
		plain := []byte(ready.ClientSecret)
		s.secrets = append(s.secrets, ready.ClientSecret, url.QueryEscape(ready.ClientSecret), base64.StdEncoding.EncodeToString(plain), base64.RawURLEncoding.EncodeToString(plain))
	}
	return rest
}

// look looks at a file, unpacked if it is compressed and no more.
func (s *search) look(name string, data []byte) {
	if filepath.Ext(name) == ".zst" {
		data = unpacked(data)
	}
	if what := s.has(data); what != "" {
		s.found = append(s.found, fmt.Sprintf("%s has %s", name, what))
	}
}

// unpacked is what was compressed, or the data if it cannot be unpacked.
func unpacked(data []byte) []byte {
	reader, err := zstd.NewReader(nil)
	if err != nil {
		return data
	}
	defer reader.Close()
	if plain, err := reader.DecodeAll(data, nil); err == nil {
		return plain
	}
	return data
}

func (s *search) has(data []byte) string {
	for _, secret := range s.secrets {
		if bytes.Contains(data, []byte(secret)) {
			return "a secret"
		}
	}
	for _, begin := range []string{"eyJ", "bearer ", "Bearer ", "BEARER "} {
		// The expression is slow where it has to look for the beginning.
		for rest := data; ; rest = rest[1:] {
			at := bytes.Index(rest, []byte(begin))
			if at < 0 {
				break
			}
			rest = rest[at:]
			if found := grant.Find(rest); found != nil {
				return fmt.Sprintf("a token, %.20s…", found)
			}
		}
	}
	return ""
}

// outputsIn reads what the processes printed; what sandboxes said goes first.
func (s *search) outputsIn(folder string) error {
	names, err := filepath.Glob(filepath.Join(folder, "output-*"))
	if err != nil {
		return err
	}
	rest := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rest[name] = s.learn(data)
	}
	for name, data := range rest {
		s.outputs++
		args, _, _ := bytes.Cut(data, []byte("\n"))
		s.look(fmt.Sprintf("the output of %.200s (%s)", args, filepath.Base(name)), data)
	}
	return nil
}

// filesIn reads all files of a folder. A ready file is how the secret comes to the
// program, and a file that the script itself brought is its own affair.
func (s *search) filesIn(folder string, own func(name string) bool) error {
	return filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || own(name) {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var ready sandbox.Ready
		if json.Unmarshal(data, &ready) == nil && ready.ClientSecret != "" && ready.CAFile != "" {
			return nil
		}
		s.files++
		s.look(strings.TrimPrefix(name, folder), data)
		return nil
	})
}

// searched looks at what the processes of a script printed, and at its folder.
func searched(outputs, work string, own func(string) bool) (s search, err error) {
	err = s.outputsIn(outputs)
	return s, errors.Join(err, s.filesIn(work, own))
}

// watched lets every process of a script keep what it prints, and searches that and
// the script's folder when the script has ended.
func watched(t *testing.T) func(*testscript.Env) error {
	return func(env *testscript.Env) error {
		folder, err := os.MkdirTemp(t.TempDir(), "captures-*")
		if err != nil {
			return err
		}
		env.Setenv(captures, folder)
		brought := map[string]bool{}
		err = filepath.WalkDir(env.WorkDir, func(name string, _ fs.DirEntry, err error) error {
			brought[name] = true
			return err
		})
		name := env.T().(interface{ Name() string }).Name()
		env.Defer(func() {
			s, err := searched(folder, env.WorkDir, func(name string) bool { return brought[name] })
			if err != nil || s.outputs == 0 {
				t.Errorf("%s: %d outputs, %v", name, s.outputs, err)
			}
			for _, found := range s.found {
				t.Errorf("%s: %s", name, found)
			}
		})
		return err
	}
}

// TestSearchFindsSecrets: the search that every script and every world ends with
// sees a secret and a token in each place where they could be, and takes nothing
// else for one.
func TestSearchFindsSecrets(t *testing.T) {
	secret, ready := "s3cret+/of=the app", func(secret string) string {
		line, err := json.Marshal(sandbox.Ready{ClientSecret: secret, CAFile: "ca.pem"})
		if err != nil {
			t.Fatal(err)
		}
		return string(line) + "\n"
	}
	token := "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJodHRwcyJ9.c2lnbmF0dXJl"
	packer, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int{
		"client_secret=" + secret: 1, "client_secret=" + url.QueryEscape(secret): 1, "Basic " + base64.StdEncoding.EncodeToString([]byte(secret)): 1,
		"assertion=" + token: 1, "authorization: bearer abcdefghijkl": 1, "nothing, and no bearer of news": 0, ready(secret): 0,
	} {
		for _, place := range []string{"store/runs/r/journal.jsonl", "store/a.zst", "output", "brought"} {
			if want == 0 && place == "store/a.zst" {
				continue // nobody compresses a ready file
			}
			outputs, work := t.TempDir(), t.TempDir()
			own := filepath.Join(work, "brought")
			file, content := filepath.Join(work, filepath.FromSlash(place)), []byte(text)
			switch place {
			case "store/a.zst":
				content = packer.EncodeAll(content, nil)
			case "output":
				file = filepath.Join(outputs, "output-2")
			}
			for name, data := range map[string][]byte{filepath.Join(outputs, "output-1"): []byte("sandbox serve\n" + ready(secret)), file: content} {
				if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, data, 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			s, err := searched(outputs, work, func(name string) bool { return name == own })
			if err != nil || len(s.found) != want && place != "brought" || len(s.found) != 0 && place == "brought" {
				t.Errorf("%q in %s: %q, %v", text, place, s.found, err)
			}
		}
	}
}
