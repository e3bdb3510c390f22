using Akka.Configuration;
using MeshActors.Controller.CommandLine;

namespace MeshActors.Controller.Hosting;

/// <summary>Reads the files of --config once before anything starts, so that a fault names its file.</summary>
internal static class ConfigFiles
{
    /// <exception cref="StartException">One cannot be read, or is no HOCON.</exception>
    public static void Check(ControllerOptions options)
    {
        foreach (var file in options.ConfigFiles)
        {
            try
            {
                _ = ConfigurationFactory.ParseString(File.ReadAllText(file)).Root;
            }
            // Akka's parser throws bare exceptions of many types.
            catch (Exception fault)
            {
                throw StartException.Input($"--config {file} cannot be used: {fault.Message.TrimEnd('.')}. Correct it, or leave it out.", fault);
            }
        }
    }
}
