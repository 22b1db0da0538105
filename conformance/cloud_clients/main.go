// Go's clients of both clouds against the mock cloud, told by nothing but the environment. Each step that a
// cloud took is a line; the first that it did not take ends the program with its error.
package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// A scenario says its steps by say, and ends with the first error.
type scenario func(ctx context.Context, say func(format string, values ...any)) error

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	known := map[string]scenario{"aws": aws, "hetzner": hetzner}
	run, found := known[os.Args[len(os.Args)-1]]
	if !found {
		fmt.Fprintln(os.Stderr, "usage: cloud-clients aws|hetzner")
		os.Exit(2)
	}
	say := func(format string, values ...any) { fmt.Printf(format+"\n", values...) }
	if err := run(ctx, say); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
