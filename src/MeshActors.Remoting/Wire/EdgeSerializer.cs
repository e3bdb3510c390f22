using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Google.Protobuf;
using MeshActors.Contracts.Edge.V1;

namespace MeshActors.Remoting.Wire;

/// <summary>The five messages of edge.proto, and no other. A manifest is never used again for another.</summary>
public sealed class EdgeSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override int Identifier => 7303;

    public override string Manifest(object o) => o switch
    {
        Open => "open.v1",
        Opened => "opened.v1",
        Piece => "piece.v1",
        Taken => "taken.v1",
        End => "end.v1",
        _ => throw Unlisted(o),
    };

    public override byte[] ToBinary(object obj) => obj is Open or Opened or Piece or Taken or End ? ((IMessage)obj).ToByteArray() : throw Unlisted(obj);

    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return manifest switch
            {
                "open.v1" => Open.Parser.ParseFrom(bytes),
                "opened.v1" => Opened.Parser.ParseFrom(bytes),
                "piece.v1" => Piece.Parser.ParseFrom(bytes),
                "taken.v1" => Taken.Parser.ParseFrom(bytes),
                "end.v1" => End.Parser.ParseFrom(bytes),
                _ => throw new SerializationException("The manifest is none of the edge's."),
            };
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new SerializationException($"The bytes of a '{manifest}' are no such message.", fault);
        }
    }

    private static SerializationException Unlisted(object o) => new($"{o.GetType()} is no message of the edge.");
}
