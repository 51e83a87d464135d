package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// inWords says of a flag's value what is wrong with it, where Go would say it in
// its own terms.
func inWords(err error) error {
	wrong, is := errors.AsType[*pflag.InvalidValueError](err)
	if !is {
		return err
	}
	what := ""
	switch number, _ := errors.AsType[*strconv.NumError](err); {
	case number != nil && errors.Is(number.Err, strconv.ErrRange):
		what = "it is too large"
	case number != nil && number.Func == "ParseBool":
		what = "it is neither true nor false"
	case number != nil && number.Func == "ParseFloat":
		what = "it is not a number"
	case number != nil:
		what = "it is not a whole number"
	case strings.HasPrefix(wrong.Unwrap().Error(), "time: "):
		what = "it is not a time such as 300ms, 5s or 2m"
	default:
		return err
	}
	return fmt.Errorf("invalid argument %q for %q flag: %s", wrong.GetValue(), "--"+wrong.GetFlag().Name, what)
}
