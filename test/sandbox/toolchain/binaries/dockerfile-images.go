// dockerfile-images says which images BuildKit's own Dockerfile frontend asks for. It reads a JSON list of builds and
// writes a JSON list of answers. Nothing is fetched and nothing is built.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

type build struct {
	Dockerfile string            `json:"dockerfile"`
	Args       map[string]string `json:"args"`
	Target     string            `json:"target"`
	Platform   string            `json:"platform"`
	Builder    string            `json:"builder"`
	Contexts   map[string]string `json:"contexts"`
}

type answer struct {
	// Images are the references that were asked for, whole and sorted.
	Images []string `json:"images"`
	// History is how many instructions made the image.
	History int `json:"history"`
	// Refused is the frontend's error. Empty for a Dockerfile that it takes.
	Refused string `json:"refused"`
}

func main() {
	if err := answerAll(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answerAll() error {
	var builds []build
	if err := json.NewDecoder(os.Stdin).Decode(&builds); err != nil {
		return err
	}
	answers := make([]answer, len(builds))
	for i, b := range builds {
		var err error
		if answers[i], err = ask(b); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func ask(b build) (answer, error) {
	target, err := platforms.Parse(b.Platform)
	if err != nil {
		return answer{}, err
	}
	builder, err := platforms.Parse(b.Builder)
	if err != nil {
		return answer{}, err
	}
	target, builder = platforms.Normalize(target), platforms.Normalize(builder)
	asked := &recorder{builder: builder, opts: map[string]string{
		// A context that isn't on this machine, so that the frontend looks for no .dockerignore.
		"context": "https://git.invalid/context.git",
		"target":  b.Target,
	}}
	for name, value := range b.Args {
		asked.opts["build-arg:"+name] = value
	}
	for name, place := range b.Contexts {
		asked.opts["context:"+name] = place
	}
	ui, err := dockerui.NewClient(asked)
	if err != nil {
		return answer{}, err
	}
	ctx := context.Background()
	result, err := dockerfile2llb.Dockerfile2LLB(ctx, []byte(b.Dockerfile), dockerfile2llb.ConvertOpt{
		Config:         ui.Config,
		Client:         ui,
		TargetPlatform: &target,
		MetaResolver:   asked,
	})
	found := answer{Images: slices.AppendSeq([]string{}, maps.Keys(asked.images))}
	slices.Sort(found.Images)
	if err != nil {
		found.Refused = err.Error()
		return found, nil
	}
	found.History = len(result.Image.History)
	return found, nil
}

// recorder is a registry that has every image, and remembers which it was asked for.
type recorder struct {
	client.Client
	opts    map[string]string
	builder ocispecs.Platform
	mutex   sync.Mutex
	images  map[string]struct{}
}

func (r *recorder) BuildOpts() client.BuildOpts {
	return client.BuildOpts{
		Opts:    r.opts,
		Workers: []client.WorkerInfo{{Platforms: []ocispecs.Platform{r.builder}}},
		LLBCaps: pb.Caps.CapSet(pb.Caps.All()),
	}
}

func (r *recorder) Inputs(context.Context) (map[string]llb.State, error) {
	return nil, nil
}

func (r *recorder) Solve(context.Context, client.SolveRequest) (*client.Result, error) {
	return nil, errors.New("nothing is built here")
}

func (r *recorder) ResolveImageConfig(_ context.Context, ref string, opt sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.images == nil {
		r.images = map[string]struct{}{}
	}
	r.images[ref] = struct{}{}
	platform := r.builder
	if opt.ImageOpt != nil && opt.ImageOpt.Platform != nil {
		platform = *opt.ImageOpt.Platform
	}
	config, err := json.Marshal(ocispecs.Image{
		Platform: platform,
		RootFS:   ocispecs.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromString(ref)}},
	})
	if _, pinned, ok := strings.Cut(ref, "@"); ok {
		return ref, digest.Digest(pinned), config, err
	}
	return ref, digest.FromString(ref), config, err
}
