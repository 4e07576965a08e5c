// One action of go-git: what to do comes as JSON on standard input, what came of it goes out the same way.
package main

import (
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/plumbing/transport/ssh"
)

type asked struct {
	Action, URL, Directory, Username, Secret string
	Depth                                    int
	// Over SSH: a private key's file, and that of the hosts that are known.
	Key        string
	KnownHosts string `json:"known_hosts"`
}

type answer struct {
	Refused string `json:"refused,omitempty"`
	Head    string `json:"head"`
	Commits int    `json:"commits"`
	Fetched string `json:"fetched"`
}

func main() {
	var what asked
	if err := json.NewDecoder(os.Stdin).Decode(&what); err != nil {
		log.Fatal(err)
	}
	found, err := do(what)
	if err != nil {
		found = answer{Refused: err.Error()}
	}
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		log.Fatal(err)
	}
}

func do(what asked) (answer, error) {
	auth, err := credentials(what)
	if err != nil {
		return answer{}, err
	}
	if what.Action == "clone" {
		options := git.CloneOptions{URL: what.URL, Auth: auth, Depth: what.Depth}
		repository, err := git.PlainClone(what.Directory, false, &options)
		if err != nil {
			return answer{}, err
		}
		return found(repository)
	}
	repository, err := git.PlainOpen(what.Directory)
	if err != nil {
		return answer{}, err
	}
	if what.Action == "fetch" {
		err = repository.Fetch(&git.FetchOptions{Auth: auth})
	} else {
		err = push(repository, what.Directory, auth)
	}
	if err != nil {
		return answer{}, err
	}
	return found(repository)
}

func credentials(what asked) (transport.AuthMethod, error) {
	if what.Key == "" {
		return &http.BasicAuth{Username: what.Username, Password: what.Secret}, nil
	}
	// From here go-git learns which kind of host key to ask for, too.
	if err := os.Setenv("SSH_KNOWN_HOSTS", what.KnownHosts); err != nil {
		return nil, err
	}
	return ssh.NewPublicKeysFromFile("git", what.Key, "")
}

func push(repository *git.Repository, directory string, auth transport.AuthMethod) error {
	if err := os.WriteFile(filepath.Join(directory, "go-git.txt"), []byte("more\n"), 0o600); err != nil {
		return err
	}
	tree, err := repository.Worktree()
	if err != nil {
		return err
	}
	if _, err := tree.Add("go-git.txt"); err != nil {
		return err
	}
	author := object.Signature{Name: "Ada", Email: "ada@example.org", When: time.Now()}
	if _, err := tree.Commit("Write", &git.CommitOptions{Author: &author}); err != nil {
		return err
	}
	main := config.RefSpec("refs/heads/main:refs/heads/main")
	return repository.Push(&git.PushOptions{Auth: auth, RefSpecs: []config.RefSpec{main}})
}

func found(repository *git.Repository) (answer, error) {
	head, err := repository.Head()
	if err != nil {
		return answer{}, err
	}
	fetched, err := repository.Reference(plumbing.NewRemoteReferenceName("origin", "main"), true)
	if err != nil {
		return answer{}, err
	}
	commits, err := count(repository, head.Hash())
	return answer{Head: head.Hash().String(), Commits: commits, Fetched: fetched.Hash().String()}, err
}

// Stops where a shallow clone ends, which go-git's own log does not.
func count(repository *git.Repository, head plumbing.Hash) (int, error) {
	ends, err := repository.Storer.Shallow()
	if err != nil {
		return 0, err
	}
	var absent []plumbing.Hash
	for _, end := range ends {
		commit, err := repository.CommitObject(end)
		if err != nil {
			return 0, err
		}
		absent = append(absent, commit.ParentHashes...)
	}
	tip, err := repository.CommitObject(head)
	if err != nil {
		return 0, err
	}
	commits := 0
	err = object.NewCommitPreorderIter(tip, nil, absent).ForEach(func(*object.Commit) error {
		commits++
		return nil
	})
	return commits, err
}
