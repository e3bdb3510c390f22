return await MeshActors.Follower.FollowCommand.RunAsync(args);
