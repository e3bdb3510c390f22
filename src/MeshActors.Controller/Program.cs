using MeshActors.Controller.CommandLine;

return await ControllerCommand.RunAsync(args).ConfigureAwait(false);
