// Package seal compresses and encrypts the files of a snapshot as they are
// written, and undoes both as they are read.
//
// Compression is zstd, encryption is age, in this order, both in their own
// published file formats: `age -d -i key.txt FILE | zstd -d` reads what this
// package wrote. It promises that a stream which was cut short or changed in
// any bit ends in an error, never in a shorter text; what was handed out before
// the flaw was met is for the caller to throw away. It refuses a key that does
// not fit with ErrKey, so that a wrong key is not taken for damage.
package seal

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// ErrKey says that none of the keys opens what was encrypted.
var ErrKey = errors.New("none of the keys opens this snapshot")

// Identity is a private key.
type Identity = age.Identity

// Recipient is a public key; its text is the one that age takes ("age1…").
type Recipient interface {
	age.Recipient
	fmt.Stringer
}

const (
	zstdSuffix = ".zst"
	ageSuffix  = ".age"

	// One encoder is at work for every file that is open. A window larger than
	// this costs memory and wins nothing on items, which are a few kB each.
	window = 1 << 20
)

// Codec says how the files of one snapshot are kept.
type Codec struct {
	Compressed, Encrypted bool
	// Recipients can open what Wrap writes.
	Recipients []Recipient
	// Identities open what Unwrap reads.
	Identities []Identity
}

// Suffix is what a file's name ends in: "", ".zst", ".age" or ".zst.age".
func (c Codec) Suffix() string {
	suffix := ""
	if c.Compressed {
		suffix += zstdSuffix
	}
	if c.Encrypted {
		suffix += ageSuffix
	}
	return suffix
}

// Wrap gives a writer that seals what is written to it into w. Its Close
// writes the end of the stream and leaves w open.
func (c Codec) Wrap(w io.Writer) (io.WriteCloser, error) {
	var out io.WriteCloser = open{w}
	if c.Encrypted {
		sealed, err := age.Encrypt(w, c.recipients()...)
		if err != nil {
			return nil, fmt.Errorf("encrypt: %w", err)
		}
		out = sealed
	}
	if !c.Compressed {
		return out, nil
	}
	packed, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(window), zstd.WithZeroFrames(true))
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return both{packed, out}, nil
}

func (c Codec) recipients() []age.Recipient {
	var list []age.Recipient
	for _, r := range c.Recipients {
		list = append(list, r)
	}
	return list
}

// open is a writer whose Close does nothing.
type open struct{ io.Writer }

func (open) Close() error { return nil }

// both closes the compression and then what is below it.
type both struct {
	io.WriteCloser
	below io.Closer
}

func (b both) Close() error { return errors.Join(b.WriteCloser.Close(), b.below.Close()) }

// Unwrap gives a reader of what was sealed into r. Only io.EOF says that the
// text is whole.
func (c Codec) Unwrap(r io.Reader) (io.ReadCloser, error) {
	if c.Encrypted {
		text, err := c.decrypt(r)
		if err != nil {
			return nil, err
		}
		r = text
	}
	if !c.Compressed {
		return io.NopCloser(r), nil
	}
	packed := bufio.NewReader(r)
	if _, err := packed.Peek(1); err != nil { // zstd takes nothing at all for an empty text
		return nil, fmt.Errorf("decompress: %w", noEOF(err))
	}
	unpacked, err := zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	return unpacked.IOReadCloser(), nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (c Codec) decrypt(r io.Reader) (io.Reader, error) {
	if len(c.Identities) == 0 {
		return nil, ErrKey
	}
	text, err := age.Decrypt(r, c.Identities...)
	if _, foreign := errors.AsType[*age.NoIdentityMatchError](err); foreign {
		return nil, ErrKey
	}
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	return text, nil
}
