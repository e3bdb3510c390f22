using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using MeshActors.ActorTests.Support;

namespace MeshActors.ActorTests;

/// <summary>Bytes that name a type of their sender's choice make nothing, whatever the type.</summary>
public sealed class ClosedFormTests
{
    private static int _made;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_message_that_names_any_type_is_not_read(int form)
    {
        using var directory = new TempDirectory();
        await using var host = await MeshHost.StartAsync(directory.Path);
        var system = (ExtendedActorSystem)host.Get<ActorSystem>();
        var payload = Encoding.UTF8.GetBytes($$"""{"$type":"{{typeof(Gadget).AssemblyQualifiedName}}","Text":"ran"}""");

        Assert.Throws<SerializationException>(() => system.Serialization.Deserialize(payload, form, typeof(Gadget)));
        Assert.Throws<SerializationException>(() => system.Serialization.Deserialize(payload, form, typeof(Gadget).AssemblyQualifiedName));
        Assert.Equal(0, _made);
    }

    private sealed class Gadget
    {
        public string Text
        {
            get;
            set
            {
                field = value;
                Interlocked.Increment(ref _made);
            }
        } = "";
    }
}
